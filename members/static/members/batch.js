// Batch provisioning: the action rows, whose selects depend on each other. Comfort alone: the page works without.

const productOf = (value) => value.split("|")[0];

function narrow(select, product) {
  for (const option of select.options) {
    const fits = !option.value || !product || productOf(option.value) === product;
    option.hidden = !fits;
    option.disabled = !fits;
  }
  for (const group of select.querySelectorAll("optgroup")) {
    group.hidden = [...group.children].every((option) => option.hidden);
  }
  if (select.selectedOptions[0]?.disabled) select.value = "";
}

const choices = (select) => [...select.options].filter((option) => option.value && !option.disabled);

function settle(row, changed) {
  choose(row, changed);
  for (const select of row.querySelectorAll("select")) select.title = select.selectedOptions[0]?.text ?? ""; // long ones are cut
}

function choose(row, changed) {
  const [kind, product, tariff, offer] = ["kind", "product", "tariff", "offer"].map((name) => row.querySelector(`[data-${name}]`));
  const plain = kind.value === "unsubscribe";
  row.classList.toggle("action-row-plain", plain);
  narrow(tariff, product.value);
  narrow(offer, product.value);
  if (plain || !product.value) {
    tariff.value = "";
    offer.value = "";
    tariff.disabled = offer.disabled = false; // a disabled select would not be sent, and the rows would shift
    return;
  }
  if (changed === product && !offer.value && choices(offer).length) offer.value = choices(offer)[0].value; // an offer was made to be used
  if (changed === tariff && offer.value && offer.selectedOptions[0].dataset.tariff !== tariff.value) offer.value = "";
  else if (offer.value) tariff.value = offer.selectedOptions[0].dataset.tariff;
  if (!tariff.value && choices(tariff).length === 1) tariff.value = choices(tariff)[0].value;
}

function settleForm(form) {
  for (const row of form.querySelectorAll("[data-action-row]")) settle(row);
  form.querySelector("[data-product-actions]").disabled = form.querySelector('[name="membership"]:checked')?.value === "leave";
}

const actionsForm = document.querySelector("[data-actions-form]");
if (actionsForm) {
  const rows = actionsForm.querySelector("[data-action-rows]");
  const add = actionsForm.querySelector("[data-action-add]");
  const most = 16;
  settleForm(actionsForm);
  actionsForm.addEventListener("change", (event) => {
    const row = event.target.closest("[data-action-row]");
    if (row) settle(row, event.target);
    if (event.target.name === "membership") settleForm(actionsForm);
  });
  add.addEventListener("click", (event) => {
    event.preventDefault();
    const row = actionsForm.querySelector("[data-action-template]").content.firstElementChild.cloneNode(true);
    rows.append(row);
    settle(row);
    row.querySelector("[data-product]").focus();
    add.disabled = rows.children.length >= most;
  });
  actionsForm.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-action-remove]");
    if (!remove) return;
    remove.closest("[data-action-row]").remove();
    add.disabled = false;
    add.focus();
  });
}
