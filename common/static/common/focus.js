// After a form comes back with errors, the summary of what is wrong takes the focus.
function focusMarked(root) {
  root.querySelector("[data-focus]")?.focus();
}

focusMarked(document);
document.body.addEventListener("htmx:afterSettle", (event) => focusMarked(event.target));
