// Security keys and passkeys. A form with data-webauthn ("create" or "get") asks the browser for a credential when its button
// [data-webauthn-start] is pressed, puts the answer into its field "credential" and is sent. What is asked for stands as JSON in the element
// that data-webauthn-options names, or comes from the address in data-webauthn-url.
const forms = document.querySelectorAll("form[data-webauthn]");

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const described = (list) => list?.map((item) => ({ ...item, id: toBytes(item.id) }));

function creation(options, passwordless) {
  const selection = { ...options.authenticatorSelection };
  if (passwordless) Object.assign(selection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
  return {
    ...options,
    authenticatorSelection: selection,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
}

function request(options) {
  return { ...options, challenge: toBytes(options.challenge), allowCredentials: described(options.allowCredentials) };
}

function answerOf(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    type: credential.type,
    id: credential.id,
    rawId: toText(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsOf(form) {
  if (!form.dataset.webauthnUrl) return JSON.parse(document.getElementById(form.dataset.webauthnOptions).textContent);
  const answer = await fetch(form.dataset.webauthnUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

async function ask(form) {
  const options = await optionsOf(form);
  if (form.dataset.webauthn === "create") {
    const publicKey = creation(options.creation_options.publicKey, form.elements.passwordless?.checked);
    return navigator.credentials.create({ publicKey });
  }
  return navigator.credentials.get({ publicKey: request(options.request_options.publicKey) });
}

async function start(form) {
  const trouble = form.querySelector("[data-webauthn-trouble]");
  trouble.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(answerOf(await ask(form)));
    form.submit();
  } catch {
    // Cancelled, timed out, or no such key: browsers do not tell which.
    trouble.hidden = false;
  }
}

for (const form of forms) {
  const button = document.querySelector(`[data-webauthn-start="${form.id}"]`);
  if (!window.PublicKeyCredential) {
    form.querySelector("[data-webauthn-missing]").hidden = false;
    button.disabled = true;
    continue;
  }
  button.addEventListener("click", (event) => {
    event.preventDefault();
    start(form);
  });
  form.addEventListener("submit", (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    start(form);
  });
}
