// A value that was shown in full takes the focus of the button that asked for it and is gone.
let asked = "";

document.addEventListener("click", (event) => {
  const button = event.target.closest(".reveal");
  if (button) asked = button.closest(".reveal-eye")?.id.replace(/-eye$/, "") ?? "";
});

document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  if (!asked || event.target.id !== asked) return;
  asked = "";
  event.target.focus({ preventScroll: true });
});
