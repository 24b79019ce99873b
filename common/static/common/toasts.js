// Messages that come and go, heard by screen readers through the live region #toasts.
const region = document.getElementById("toasts");
const SHOWN_MILLISECONDS = 6000;

export function toast(text, tone = "info") {
  if (!region || !text) return;
  const box = document.createElement("div");
  box.className = "toast-box";
  box.dataset.tone = tone;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.setAttribute("aria-label", document.body.dataset.textClose || "×");
  const cross = document.createElement("i");
  cross.className = "ti ti-x";
  cross.setAttribute("aria-hidden", "true");
  close.append(cross);
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  region.append(box);
  // Errors stay until they are closed; the rest leaves by itself unless someone points at it.
  if (tone !== "error") leaveLater(box);
}

function leaveLater(box) {
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 1500) : box.remove());
  setTimeout(leave, SHOWN_MILLISECONDS);
}

function takeMessages() {
  for (const list of document.querySelectorAll("[data-messages]")) {
    for (const item of list.children) toast(item.textContent.trim(), item.dataset.tone);
    list.remove();
  }
}

if (region) {
  takeMessages();
  document.body.addEventListener("htmx:afterSettle", takeMessages);
  document.body.addEventListener("toasts", (event) => {
    for (const message of event.detail.messages ?? event.detail.value ?? []) toast(message.text, message.tone);
  });
}
