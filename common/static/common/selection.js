// The boxes of a list: X ticks the row that has the focus, Shift with a click or X ticks all rows since the last one, the box in the heading
// ticks the page. A bar appears that says how many are ticked.
import { isOn } from "./shortcuts.js";

const boxesOf = (list) => [...list.querySelectorAll("input[data-row]")];
let last = null;

function listOf(element) {
  return element.closest("[data-list]") ?? document.querySelector("[data-list]");
}

function tell(list) {
  const bar = list.querySelector("[data-selection]");
  if (!bar) return;
  const boxes = boxesOf(list);
  const ticked = boxes.filter((box) => box.checked).length;
  const words = bar.querySelector("[data-selected]");
  words.textContent = ticked === 1 ? words.dataset.one : words.dataset.many.replace("{count}", ticked);
  const page = list.querySelector("[data-select-page]");
  if (page) {
    page.checked = ticked > 0 && ticked === boxes.length;
    page.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  const everything = bar.querySelector("[data-everything]");
  if (!ticked) everything.checked = false;
  for (const box of boxes) box.closest("tr").classList.toggle("ticked", box.checked || everything.checked);
}

function tick(list, box, checked, withRange) {
  const boxes = boxesOf(list);
  const from = withRange && last && boxes.includes(last) ? boxes.indexOf(last) : boxes.indexOf(box);
  const to = boxes.indexOf(box);
  for (const one of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = checked;
  last = box;
  tell(list);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("input[data-row]");
  if (box) tick(listOf(box), box, box.checked, event.shiftKey);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-page]")) {
    const list = listOf(event.target);
    for (const box of boxesOf(list)) box.checked = event.target.checked;
    tell(list);
  }
  if (event.target.matches("[data-everything]")) tell(listOf(event.target));
});

// Which field shall change decides which control comes next.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-submit-on-change]") || !event.target.value) return;
  const form = event.target.form;
  form.querySelector("[name=step]")?.remove();
  form.method = "get";
  form.querySelector("[name=csrfmiddlewaretoken]")?.remove();
  form.submit();
});

document.addEventListener("reset", (event) => {
  if (!event.target.matches("[data-selection]")) return;
  const list = listOf(event.target);
  setTimeout(() => tell(list));
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !isOn()) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
  const box = event.target.closest("tr")?.querySelector("input[data-row]");
  if (!box) return;
  event.preventDefault();
  tick(listOf(box), box, event.shiftKey || !box.checked, event.shiftKey);
});

// What cannot work without a script appears with it. A page from the browser's memory may come back with ticked boxes.
function begin() {
  for (const box of document.querySelectorAll("[data-select-page]")) box.hidden = false;
  for (const list of document.querySelectorAll("[data-list]")) tell(list);
}

begin();
window.addEventListener("pageshow", begin);
document.body.addEventListener("htmx:afterSettle", begin);
