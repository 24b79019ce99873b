// What is done with a file step by step: the drop zone, buttons that are pressed once, and a run's progress for screen readers.
// All of it is comfort: every page works without.

// --- 1 Source ---------------------------------------------------------------------------------------------------------------------------

const size = (bytes) => {
  const units = ["B", "KB", "MB", "GB"];
  let place = 0;
  let value = bytes;
  for (; value >= 1024 && place < units.length - 1; place += 1) value /= 1024;
  return `${place ? value.toFixed(1) : value} ${units[place]}`;
};

function showFile(form) {
  const input = form.querySelector('input[type="file"]');
  const [file] = input.files;
  const shown = form.querySelector("[data-drop-file]");
  const error = form.querySelector("[data-drop-error]");
  const tooLarge = Boolean(file) && file.size > Number(form.dataset.limit);
  shown.hidden = !file || tooLarge;
  form.querySelector("[data-drop-name]").textContent = file ? `${file.name} · ${size(file.size)}` : "";
  error.textContent = tooLarge ? `${file.name} ${form.dataset.textTooLarge.replace("{size}", size(file.size))}` : "";
  input.setAttribute("aria-invalid", String(tooLarge));
  form.querySelector("[data-drop]").classList.toggle("drop-bad", tooLarge);
  form.querySelector('[type="submit"]').disabled = tooLarge;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-source-form]");
  if (form && event.target.type === "file") showFile(form);
});

document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-drop-clear]");
  if (!clear) return;
  const form = clear.closest("[data-source-form]");
  const input = form.querySelector('input[type="file"]');
  input.value = "";
  showFile(form);
  input.focus();
});

const isFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    const form = document.querySelector("[data-source-form]");
    if (!form || !isFile(event)) return;
    event.preventDefault(); // a file dropped beside the zone must not replace the page
    event.dataTransfer.dropEffect = "copy";
    form.querySelector("[data-drop]").classList.add("drop-over");
  });
}

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.querySelector("[data-drop]")?.classList.remove("drop-over");
});

document.addEventListener("drop", (event) => {
  const form = document.querySelector("[data-source-form]");
  if (!form || !isFile(event)) return;
  event.preventDefault();
  form.querySelector("[data-drop]").classList.remove("drop-over");
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  const input = form.querySelector('input[type="file"]');
  input.files = one.files;
  showFile(form);
  input.focus();
});

document.body.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.("[data-upload]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = Math.round((event.detail.loaded / event.detail.total) * 100);
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  const bar = event.target.querySelector?.("[data-upload]");
  if (bar) bar.hidden = true;
});

// --- 3 Preview --------------------------------------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-once]")) {
    const button = event.submitter ?? event.target.querySelector('[type="submit"]');
    setTimeout(() => { button.disabled = true; });
  }
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll("[data-once] [type=submit][disabled]")) button.disabled = false;
});

// --- 4 Run ------------------------------------------------------------------------------------------------------------------------------

// The bar is renewed every second; what is said aloud changes with every tenth.
document.body.addEventListener("htmx:afterSwap", () => {
  const words = document.getElementById("run-progress")?.dataset.announcement;
  const place = document.getElementById("run-announcement");
  if (place && words && place.textContent !== words) place.textContent = words;
});
