// The side panel of a list: a click on a row, O or the space bar open it, it follows J, K and the arrows, Escape closes it.
// Enter and a click on the row's link open the page itself.
const CONTROLS = "a, button, input, select, textarea, label, summary, details";
const FOLLOWS_AFTER = 150;
let following = 0;

const rowOf = (element) => element?.closest?.("tr[data-row-panel]") ?? null;
const panelOf = (list) => list?.querySelector("[data-list-panel]") ?? null;
const isOpen = (panel) => Boolean(panel?.childElementCount);

function mark(list, row) {
  for (const other of list.querySelectorAll("tr.on")) other.classList.remove("on");
  row?.classList.add("on");
}

// True where the row opens beside its list.
export function openBeside(row) {
  const list = row?.closest("[data-list]");
  const panel = panelOf(list);
  if (!panel || !row.dataset.rowPanel) return false;
  if (row.classList.contains("on") && isOpen(panel)) {
    panel.focus();
    return true;
  }
  mark(list, row);
  window.htmx.ajax("GET", row.dataset.rowPanel, { target: panel, swap: "innerHTML" });
  return true;
}

// Another row has the focus, by whatever key: where the panel is open, it shows that one, once the keys rest.
document.addEventListener("focusin", (event) => {
  const row = event.target.matches("[data-row-link], td") ? rowOf(event.target) : null;
  if (!row || !isOpen(panelOf(row.closest("[data-list]")))) return;
  clearTimeout(following);
  following = setTimeout(() => !row.classList.contains("on") && openBeside(row), FOLLOWS_AFTER);
});

function close(panel) {
  const list = panel.closest("[data-list]");
  const row = list.querySelector("tr.on");
  clearTimeout(following);
  const address = panel.querySelector("[data-list-panel-close]")?.getAttribute("href");
  const hadFocus = panel.contains(document.activeElement);
  panel.replaceChildren();
  mark(list, null);
  if (address) history.replaceState(history.state, "", address);
  if (hadFocus) row?.querySelector("[data-row-link]")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-row-open]");
  if (opener && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openBeside(rowOf(opener));
  }
  const closer = event.target.closest("[data-list-panel-close]");
  if (!closer) return;
  event.preventDefault();
  close(closer.closest("[data-list-panel]"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], details[data-menu][open]")) return;
  const panel = document.querySelector("[data-list-panel]");
  if (isOpen(panel)) close(panel);
}, true);

// A list that was filtered or turned anew marks the row again that stands beside it.
document.body.addEventListener("htmx:afterSettle", () => {
  for (const panel of document.querySelectorAll("[data-list-panel]")) {
    const key = panel.querySelector("[data-panel-row]")?.dataset.panelRow;
    const list = panel.closest("[data-list]");
    mark(list, key ? list.querySelector(`tr[data-row-key="${key}"]`) : null);
  }
});

export { CONTROLS };
