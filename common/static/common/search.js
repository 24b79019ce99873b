// The search: the top bar's box ("/") and the command palette (Ctrl/⌘ K). Both are comboboxes over a list that htmx fetches while one types;
// the arrows choose, Tab goes to the next kind, Enter opens, Escape closes.
const boxes = new Map();

function isUnder(element, root) {
  return Boolean(element && root.contains(element));
}

// What the actions in the list are for: the row that the focus is in or the only one that is ticked, else the page itself.
function place() {
  const focused = document.activeElement?.closest("tr[data-row-url]");
  const ticked = [...document.querySelectorAll("tr[data-row-url]:has(input[type=checkbox]:checked)")];
  const row = focused ?? (ticked.length === 1 ? ticked[0] : null);
  return row?.dataset.rowUrl || location.pathname;
}

class SearchBox {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("[role=combobox]");
    this.panel = document.getElementById(`${form.dataset.search}-panel`);
    this.status = form.querySelector("[data-search-status]");
    this.dialog = form.closest("dialog");
    this.chosen = null;
    this.waiting = false;
    this.composing = false;
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("compositionstart", () => (this.composing = true));
    this.input.addEventListener("compositionend", () => {
      this.composing = false;
      this.ask();
    });
    // Half a syllable is no text yet.
    this.input.addEventListener("htmx:beforeRequest", (event) => this.composing && event.preventDefault());
    this.input.addEventListener("input", () => (this.waiting = false));
    this.panel.addEventListener("htmx:afterSwap", () => this.onResults());
    this.panel.addEventListener("mousemove", (event) => this.choose(event.target.closest("[role=option]"), false));
    form.addEventListener("submit", (event) => this.onSubmit(event));
    if (!this.dialog) {
      this.input.addEventListener("focus", () => this.open());
      this.form.addEventListener("focusout", (event) => event.relatedTarget && !isUnder(event.relatedTarget, form) && this.close());
      document.addEventListener("click", (event) => !isUnder(event.target, form) && this.close());
    }
  }

  get options() {
    return [...this.panel.querySelectorAll("[role=option]")];
  }

  get isOpen() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  get isFresh() {
    const list = this.panel.querySelector("[data-search-list]");
    return Boolean(list) && list.dataset.for === this.input.value.trim().replace(/\s+/g, " ");
  }

  ask() {
    window.htmx?.trigger(this.input, "search-now");
  }

  open(at = place()) {
    this.input.setAttribute("hx-vals", JSON.stringify({ at }));
    if (this.isFresh && !this.dialog) this.expand();
    else this.ask();
  }

  expand() {
    this.panel.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
    this.panel.hidden = !this.dialog;
    this.input.setAttribute("aria-expanded", "false");
    this.choose(null);
  }

  onResults() {
    this.choose(null);
    if (this.dialog ? !this.dialog.open : !isUnder(document.activeElement, this.form)) return;
    this.expand();
    const list = this.panel.querySelector("[data-search-list]");
    if (this.status.textContent !== list.dataset.announce) this.status.textContent = list.dataset.announce;
    // In the palette Enter opens the first one without looking; the box below "/" leads to the page of all results.
    if (this.dialog) this.choose(this.options[0] ?? null);
    if (this.waiting && this.isFresh) this.follow(this.chosen);
  }

  choose(option, scroll = true) {
    if (option === this.chosen || option === undefined) return;
    this.chosen?.setAttribute("aria-selected", "false");
    this.chosen = option;
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }

  step(by) {
    const options = this.options;
    if (!options.length) return;
    const now = options.indexOf(this.chosen);
    const next = now < 0 && by < 0 ? options.length - 1 : (now + by + options.length) % options.length;
    this.choose(options[next]);
  }

  // To the first of the next kind, or the one before; past the last one Tab does what it always does.
  stepGroup(by) {
    const groups = [...this.panel.querySelectorAll("[role=group]")];
    const now = groups.findIndex((group) => isUnder(this.chosen, group));
    const next = groups[now + by];
    if (!next) return false;
    this.choose(next.querySelector("[role=option]"));
    return true;
  }

  follow(option) {
    this.waiting = false;
    if (option) option.click();
  }

  onSubmit(event) {
    if (this.chosen && this.isFresh) {
      event.preventDefault();
      this.follow(this.chosen);
    } else if (this.dialog) {
      event.preventDefault();
      this.waiting = !this.isFresh; // whoever types faster than the answer comes gets what the answer holds
      if (this.waiting) this.ask();
    }
  }

  onKey(event) {
    if (event.isComposing) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      if (this.isOpen) this.step(moves[event.key]);
      else this.open();
    } else if (event.key === "Tab" && this.isOpen && this.stepGroup(event.shiftKey ? -1 : 1)) {
      event.preventDefault();
    } else if (event.key === "Escape" && this.isOpen && !this.dialog) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.chosen) {
      event.preventDefault();
      window.open(this.chosen.href, "_blank", "noopener");
    }
  }
}

for (const form of document.querySelectorAll("form[data-search]")) boxes.set(form.dataset.search, new SearchBox(form));

const palette = document.getElementById("palette");

function openPalette() {
  const box = boxes.get("palette");
  if (!box || palette.open) return;
  const at = place();
  palette.showModal();
  box.input.select();
  box.open(at);
}

palette?.addEventListener("close", () => boxes.get("palette").close());

for (const opener of document.querySelectorAll("[data-palette-open]")) {
  opener.hidden = false;
  opener.addEventListener("click", openPalette);
}

document.addEventListener("keydown", (event) => {
  if (!palette || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.isComposing) return;
  if (!palette.open && document.querySelector("dialog[open]")) return;
  event.preventDefault();
  if (palette.open) palette.close();
  else openPalette();
});
