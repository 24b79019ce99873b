// Folds the navigation to its icons; the server reads the cookie, so the next page comes folded.
const button = document.querySelector("[data-rail-fold]");

button?.addEventListener("click", () => {
  const folded = document.body.classList.toggle("rail-folded");
  button.setAttribute("aria-expanded", String(!folded));
  const [prefix, secure] = location.protocol === "https:" ? ["__Host-", "; secure"] : ["", ""];
  document.cookie = `${prefix}rail=${folded ? "folded" : "open"}; path=/; max-age=31536000; samesite=lax${secure}`;
});
