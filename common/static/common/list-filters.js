// The form of a filter shows those inputs that its operator asks for; the others are left out of what is sent.
function settle(select) {
  const wanted = new Set(select.selectedOptions[0].dataset.inputs.split(" "));
  for (const block of select.form.querySelectorAll("[data-list-value]")) {
    let used = false;
    for (const input of block.querySelectorAll("input[name], select[name]")) {
      input.disabled = !wanted.has(input.name);
      if (input.type !== "checkbox") input.hidden = input.disabled;
      used ||= !input.disabled;
    }
    block.hidden = !used;
  }
}

function settleAll(root) {
  for (const select of root.querySelectorAll("[data-list-operator]")) settle(select);
}

settleAll(document);
document.body.addEventListener("htmx:afterSettle", () => settleAll(document));
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-list-operator]")) settle(event.target);
});
