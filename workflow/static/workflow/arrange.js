// Dragging cards into another order: the new order is sent at once. The buttons beside them do the same without this script.
import { toast } from "../common/toasts.js";

function prepare() {
  const list = document.querySelector("[data-arrange]");
  if (!list || list.dataset.ready || !globalThis.Sortable) return;
  list.dataset.ready = "yes";
  globalThis.Sortable.create(list, { animation: 120, handle: ".arrange-handle", ghostClass: "arrange-ghost", onEnd: () => send(list) });
}

async function send(list) {
  const body = new URLSearchParams();
  for (const card of list.querySelectorAll("[data-card]")) body.append("order", card.dataset.card);
  const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content, "X-Requested-With": "fetch" };
  try {
    const answer = await fetch(list.dataset.arrange, { method: "POST", body, headers });
    if (!answer.ok) throw new Error(answer.statusText);
  } catch {
    toast(document.body.dataset.textFailed, "error");
  }
}

prepare();
document.body.addEventListener("htmx:afterSettle", prepare);
