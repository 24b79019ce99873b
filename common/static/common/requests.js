// htmx requests carry the CSRF token; their failures become toasts.
import { toast } from "./toasts.js";

document.body.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});

document.body.addEventListener("htmx:responseError", (event) => {
  // Our own error answers name their toast in HX-Trigger; anything else (a proxy's page) gets the general text.
  if (!event.detail.xhr.getResponseHeader("HX-Trigger")) toast(document.body.dataset.textFailed, "error");
});

// A background poll that misses once is no news; a person's own click is.
document.body.addEventListener("htmx:sendError", (event) => {
  const trigger = event.detail.requestConfig?.triggeringEvent?.type;
  if (trigger && trigger !== "load") toast(document.body.dataset.textUnreachable, "error");
});
