// Lists: J and K walk the rows (at the last row J falls through to the link to the next page) and so do the arrows, a click anywhere or O
// opens a row beside the list, and a box narrows long lists of choices.
import "./list-filters.js";
import "./list-layout.js";
import { CONTROLS, openBeside } from "./list-panel.js";

import "./cells.js";
import "./selection.js";
import { isOn } from "./shortcuts.js";

document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-row-url]");
  if (!row || event.target.closest(CONTROLS) || String(getSelection())) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.rowUrl, "_blank", "noopener");
  else if (!openBeside(row)) row.querySelector("[data-row-link]")?.click();
});

function step(list, forward) {
  const links = [...list.querySelectorAll("[data-row-link]")];
  const current = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  if (current < 0 && !forward) return false;
  const next = links[current < 0 ? 0 : current + (forward ? 1 : -1)];
  if (!next) return false;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

const STEPS = { j: true, k: false, arrowdown: true, arrowup: false };

function walk(event, key) {
  const list = event.target.closest("[data-list]") ?? document.querySelector("[data-list]");
  return key in STEPS && list && step(list, STEPS[key]);
}

document.addEventListener(
  "keydown",
  (event) => {
    const key = event.key.toLowerCase();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable], details[data-menu]")) return;
    const row = event.target.closest("tr[data-row-url]");
    const done = key.startsWith("arrow") ? row && walk(event, key) : isOn() && (walk(event, key) || (row && "o ".includes(key) && !event.target.closest("button") && openBeside(row)));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

function showNarrowing(root) {
  for (const box of root.querySelectorAll("[data-list-narrow]")) box.hidden = false;
}

showNarrowing(document);
document.body.addEventListener("htmx:afterSettle", () => showNarrowing(document));

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-list-narrow]")) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const label of event.target.closest("fieldset").querySelectorAll(".list-options label")) {
    label.hidden = !label.textContent.toLowerCase().includes(wanted) && !label.querySelector("input").checked;
  }
});

// The narrowing box is no filter of its own: it has no name, and Enter in it must not send the form half done.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-list-narrow]")) event.preventDefault();
});
