// Changes the colours at once, without a new page, so that typed input stays; the server keeps the choice in a cookie.
const form = document.querySelector("[data-theme-switch]");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = event.submitter.value;
  document.documentElement.dataset.theme = chosen;
  document.documentElement.dispatchEvent(new Event("theme-chosen"));
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === chosen));
  form.closest("details").open = false;
  await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), headers: { "X-Requested-With": "fetch" } });
});
