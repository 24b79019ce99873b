// <dialog> elements: data-dialog-open="id" opens one, data-dialog-close closes the one around it. One that a request brings into #dialogs
// opens at once (data-dialog-now); an answer with the event dialog-done closes the one that asked.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) document.getElementById(opener.dataset.dialogOpen)?.showModal();
  const closer = event.target.closest("[data-dialog-close]");
  if (closer) closer.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "dialogs") event.target.querySelector("dialog[data-dialog-now]:not([open])")?.showModal();
});

document.body.addEventListener("dialog-done", (event) => event.target.closest("dialog")?.close());
