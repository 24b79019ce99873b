// Cells that can be edited where they stand. A double click, or Enter, F2 or E on the cell opens it; E on a row opens its first. The arrows
// go from cell to cell. In the cell Enter saves, Tab saves and goes on to the next cell (Shift+Tab to the one before, at the end of a row
// into the other row), Escape leaves all as it was. What nobody has changed is not written.
import { isOn } from "./shortcuts.js";

const before = new WeakMap();
const opened = new WeakMap();
const following = new WeakMap();
const cellsOf = (rows) => [...rows.querySelectorAll("td[data-column]")];
const controlsOf = (form) => [...form.elements].filter((one) => one.matches("input:not([type=hidden]), select, textarea"));
const addressOf = (cell) => {
  const { cells } = cell.closest("table").dataset;
  return cells.replace(/0\/-\/(?=$|\?)/, `${cell.closest("tr").dataset.key}/${cell.dataset.column}/`);
};
const valuesOf = (form) => JSON.stringify([...new FormData(form)]);

function open(cell) {
  if (!cell.closest("table[data-cells]") || cell.querySelector("[data-cell-form]")) return;
  before.set(cell, cell.innerHTML);
  window.htmx.ajax("GET", addressOf(cell), { target: cell, swap: "innerHTML" });
}

// Where somebody else's value was shown beside the own one, what stood in the cell before is not what stands now.
function close(cell) {
  const isOld = cell.querySelector(".conflict");
  following.delete(cell);
  cell.innerHTML = before.get(cell) ?? "";
  window.htmx.process(cell);
  cell.focus();
  if (isOld) window.htmx.ajax("GET", addressOf(cell), { target: cell, swap: "innerHTML", values: { closed: "yes" } });
}

// Where several controls stand in a cell, Tab goes through them first.
function leaves(event, form) {
  const controls = controlsOf(form);
  const edge = event.shiftKey ? controls[0] : controls.at(-1);
  return event.target === edge || (event.target.type === "radio" && event.target.name === edge?.name);
}

function save(cell, form, next) {
  const isRefused = form.querySelector(".list-error");
  if (!isRefused && valuesOf(form) === opened.get(form)) {
    close(cell);
    if (next) open(next);
    return;
  }
  if (next) following.set(cell, next);
  else following.delete(cell);
  form.requestSubmit();
}

document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("td[data-column]");
  if (!cell || event.target.closest("a, button, input, select, textarea")) return;
  getSelection().removeAllRanges();
  open(cell);
});

document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-cell-cancel]");
  if (cancel) close(cancel.closest("td"));
});

function goTo(from, key) {
  const row = from.closest("tr");
  const link = row.querySelector("[data-row-link]");
  const line = link ? [link, ...cellsOf(row)] : cellsOf(row);
  if (key === "ArrowLeft" || key === "ArrowRight") return line[line.indexOf(from) + (key === "ArrowRight" ? 1 : -1)];
  const other = key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
  return from.matches("td") ? other?.querySelector(`td[data-column="${from.dataset.column}"]`) : other?.querySelector("[data-row-link]");
}

function inForm(event, form) {
  const cell = form.closest("td");
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close(cell);
  } else if (event.key === "Enter" && form.matches("form") && !event.shiftKey && !event.target.closest("button")) {
    event.preventDefault();
    save(cell, form, null);
  } else if (event.key === "Tab" && form.matches("form") && leaves(event, form)) {
    event.preventDefault();
    const cells = cellsOf(cell.closest("tbody"));
    save(cell, form, cells[cells.indexOf(cell) + (event.shiftKey ? -1 : 1)]);
  }
}

document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const form = event.target.closest("[data-cell-form]");
    if (form) {
      inForm(event, form);
      return;
    }
    const from = event.target.closest("td[data-column], table[data-cells] [data-row-link]");
    if (!from || !event.target.matches("td, a")) return;
    if (event.key.startsWith("Arrow")) {
      const to = goTo(from, event.key);
      if (!to) return;
      event.preventDefault();
      to.focus();
    } else if (event.key === "F2" || (event.key === "Enter" && from.matches("td")) || (event.key.toLowerCase() === "e" && isOn())) {
      const cell = from.matches("td") ? from : cellsOf(from.closest("tr"))[0];
      if (!cell) return;
      event.preventDefault();
      event.stopPropagation();
      open(cell);
    }
  },
  true,
);

document.body.addEventListener("htmx:afterSettle", (event) => {
  const cell = event.target.closest?.("td[data-column]");
  if (!cell) return;
  const form = cell.querySelector("[data-cell-form]");
  if (form) {
    following.delete(cell);
    if (form.matches("form")) opened.set(form, valuesOf(form));
    const control = form.matches("form") ? controlsOf(form)[0] : form;
    control?.focus();
    control?.select?.();
    return;
  }
  const next = following.get(cell);
  following.delete(cell);
  if (next) open(next);
  else cell.focus();
});
