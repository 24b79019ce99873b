// Single-key shortcuts. An element names its key in aria-keyshortcuts: a field is focused, a link or button is clicked.
// They can be turned off in the list that "?" shows.
const dialog = document.getElementById("shortcuts");
const list = dialog?.querySelector("[data-shortcut-list]");
const toggle = dialog?.querySelector("[data-shortcut-toggle]");
const STORED = "single-key-shortcuts";

/** Whether single keys do something; each script that listens to some asks. */
export const isOn = () => localStorage.getItem(STORED) !== "off";

if (toggle) {
  toggle.checked = isOn();
  toggle.addEventListener("change", () => localStorage.setItem(STORED, toggle.checked ? "on" : "off"));
}

function owners() {
  return [...document.querySelectorAll("[aria-keyshortcuts]")].filter((element) => element.checkVisibility());
}

function label(element) {
  return element.dataset.shortcutLabel || [...element.childNodes].filter((node) => node.nodeName === "#text").map((node) => node.textContent).join(" ").trim();
}

export function showShortcuts() {
  for (const stale of list.querySelectorAll("[data-from-page]")) stale.remove();
  // The rows of a list answer to J and K whether or not there are further pages to turn to.
  const hasList = Boolean(document.querySelector('[data-row-link], [rel="next"], [rel="prev"]'));
  for (const row of list.querySelectorAll("[data-list-shortcut]")) row.hidden = !hasList;
  for (const element of owners()) {
    if (["j", "k"].includes(element.getAttribute("aria-keyshortcuts"))) continue;
    const row = document.createElement("div");
    row.dataset.fromPage = "";
    const term = document.createElement("dt");
    const key = document.createElement("kbd");
    key.textContent = element.getAttribute("aria-keyshortcuts").toUpperCase();
    term.append(key);
    const words = document.createElement("dd");
    words.textContent = label(element);
    row.append(term, words);
    list.append(row);
  }
  dialog.showModal();
}

document.querySelector('[data-dialog-open="shortcuts"]')?.addEventListener("click", (event) => {
  event.stopPropagation();
  event.currentTarget.closest("details").open = false;
  showShortcuts();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (!dialog || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]") || !isOn()) return;
  if (event.key === "?") {
    event.preventDefault();
    showShortcuts();
    return;
  }
  const owner = owners().find((element) => element.getAttribute("aria-keyshortcuts").toLowerCase() === event.key.toLowerCase());
  if (!owner) return;
  event.preventDefault();
  if (owner.matches("input, textarea, select")) owner.focus();
  else owner.click();
});
