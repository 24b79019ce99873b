// A click on one of the demo's people fills the sign-in form.
const form = document.querySelector("form.form");

for (const button of document.querySelectorAll(".demo-fill")) {
  button.addEventListener("click", () => {
    form.elements.login.value = button.dataset.username;
    form.elements.password.value = button.dataset.password;
    form.querySelector("button.btn-primary").focus();
  });
}
