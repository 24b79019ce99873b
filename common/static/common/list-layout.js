// The layout of a list: columns move up and down by buttons or by being dragged, and a Shift-click on a heading sorts by a further column.
// Without this, each column has a number for its place, and the form has the further orders.
function enhance(root) {
  for (const list of root.querySelectorAll("[data-list-columns]")) {
    for (const place of list.querySelectorAll(".list-column-place")) place.hidden = true;
    for (const button of list.querySelectorAll("[data-list-move]")) button.hidden = false;
    for (const item of list.children) item.draggable = true;
  }
}

function number(list) {
  for (const [index, item] of [...list.children].entries()) item.querySelector(".list-column-place").value = index + 1;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-list-move]");
  if (!button) return;
  const item = button.closest("[data-list-column]");
  const other = button.dataset.listMove === "up" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (button.dataset.listMove === "up") other.before(item);
  else other.after(item);
  number(item.parentElement);
  button.focus();
});

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-list-column]") ?? null;
  if (dragged) event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("[data-list-column]");
  if (!over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(dragged);
  else over.after(dragged);
});

document.addEventListener("dragend", () => {
  if (dragged) number(dragged.parentElement);
  dragged = null;
});

// Before htmx sees the click.
document.addEventListener(
  "click",
  (event) => {
    const heading = event.shiftKey && event.target.closest("a[data-list-further]");
    if (!heading) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.htmx.ajax("GET", heading.dataset.listFurther, { target: heading.closest("[data-list-region]"), swap: "outerHTML" });
  },
  true,
);

enhance(document);
document.body.addEventListener("htmx:afterSettle", () => enhance(document));
