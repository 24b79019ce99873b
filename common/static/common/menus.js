// Menus are <details>: they open by themselves. Here they close on Escape, on a click elsewhere, and when another opens.
const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  const inside = event.target.closest("details[data-menu]");
  for (const menu of open()) if (menu !== inside) menu.open = false;
  const closer = event.target.closest("[data-menu-close]");
  if (closer) close(closer.closest("details[data-menu]"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) close(menu);
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest("details[data-menu][open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

function close(menu) {
  menu.open = false;
  menu.querySelector("summary")?.focus();
}
