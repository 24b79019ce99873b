// The end of the session: a warning before it, one press to stay, and nothing typed is lost when it comes. Asks the server now and then, in
// requests that do not count as work. The dialog's data- attributes hold the addresses and the user; without this script the session just ends.
const dialog = document.getElementById("session-dialog");
const WARN_SECONDS = 120;
const BACKGROUND = { "X-Background": "1", Accept: "application/json" };

let endsAt = 0;
let onlyAbsolute = false;
let ended = false;
let dismissed = 0;
let timer;

const part = (name) => dialog.querySelector(`[data-session-${name}]`);
const now = () => Date.now() / 1000;

function take(state) {
  onlyAbsolute = state.absolute < state.idle;
  endsAt = now() + Math.min(state.idle, state.absolute);
}

function showEnded() {
  ended = true;
  part("warning").hidden = true;
  part("ended").hidden = false;
  if (!dialog.open) dialog.showModal();
}

function showWarning(left) {
  part("warning").hidden = false;
  part("ended").hidden = true;
  part("idle").hidden = onlyAbsolute;
  part("absolute").hidden = !onlyAbsolute;
  part("keep").hidden = onlyAbsolute;
  part("left").textContent = `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`;
  if (!dialog.open && dismissed !== endsAt) dialog.showModal();
}

async function askServer() {
  const answer = await fetch(dialog.dataset.stateUrl, { headers: BACKGROUND, redirect: "manual" });
  if (!answer.ok) return showEnded();
  const state = await answer.json();
  if (String(state.user) !== dialog.dataset.user) return location.reload();
  takeToken(state.token);
  take(state);
  if (ended || endsAt - now() > WARN_SECONDS) dialog.close();
  ended = false;
}

// Signing in again changes the token that forms must carry; what was typed stays.
function takeToken(token) {
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
  for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) field.value = token;
}

async function tick() {
  clearTimeout(timer);
  try {
    let left = endsAt - now();
    // Somebody may be at work in another tab: the server knows.
    if (!ended && left <= WARN_SECONDS) {
      if (!dialog.open || left <= 0) await askServer();
      left = endsAt - now();
      if (!ended && left <= WARN_SECONDS) showWarning(Math.max(left, 0));
    }
  } catch {
    // The server cannot be reached: ask again later.
  }
  timer = setTimeout(tick, dialog.open && !ended ? 1000 : Math.max(1000, Math.min(60_000, (endsAt - now() - WARN_SECONDS) * 1000)));
}

async function keep() {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(dialog.dataset.keepUrl, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" }, redirect: "manual" });
  if (!answer.ok) return showEnded();
  take(await answer.json());
  dialog.close();
  tick();
}

if (dialog) {
  take({ idle: Number(dialog.dataset.idle), absolute: Number(dialog.dataset.absolute) });
  part("keep").addEventListener("click", keep);
  part("dismiss").addEventListener("click", () => {
    dismissed = endsAt;
    dialog.close();
  });
  dialog.addEventListener("cancel", (event) => (ended ? event.preventDefault() : (dismissed = endsAt)));
  part("again").addEventListener("click", () => askServer().catch(() => {}));
  document.body.addEventListener("session-ended", showEnded);
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.triggeringEvent || event.detail.triggeringEvent.type === "load") event.detail.headers["X-Background"] = "1";
  });
  // A request that the person caused sets the server's clock back.
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && !event.detail.requestConfig.headers["X-Background"] && !onlyAbsolute && !ended) {
      endsAt = Math.max(endsAt, now() + Number(dialog.dataset.idleLimit));
    }
  });
  // Signed in again in another tab.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (ended || endsAt - now() <= WARN_SECONDS)) askServer().catch(() => {});
  });
  // A form sent now would come too late.
  document.addEventListener(
    "submit",
    (event) => {
      if (!ended) return;
      event.preventDefault();
      event.stopPropagation();
      showEnded();
    },
    true,
  );
  tick();
}
