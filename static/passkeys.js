// Passkeys: what the server asks is asked of the browser, and the answer is brought back (Web Authentication Level 3).
// A form with data-passkey ("create" or "get") is shown where there are passkeys; data-begin is where its question comes from.
// With data-autofill the browser offers passkeys in the name field as well. What has data-where-passkeys is shown where there
// are passkeys too, and what has data-passkey-gone names one that was removed.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** The question as browsers take it. */
const question = (asked) => ({
  ...asked,
  challenge: bytes(asked.challenge),
  user: asked.user && { ...asked.user, id: bytes(asked.user.id) },
  allowCredentials: asked.allowCredentials?.map((one) => ({ ...one, id: bytes(one.id) })),
  excludeCredentials: asked.excludeCredentials?.map((one) => ({ ...one, id: bytes(one.id) })),
});

/** The answer as servers take it. */
const answer = (credential) => {
  const { rawId, type, response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = text(response[name]);
  }
  if (response.getTransports) said.transports = response.getTransports();
  // Whether the authenticator finds it by itself, where one was added.
  const { credProps } = credential.getClientExtensionResults();
  const clientExtensionResults = typeof credProps?.rk === "boolean" ? { credProps: { rk: credProps.rk } } : {};
  return JSON.stringify({ id: text(rawId), rawId: text(rawId), type, response: said, clientExtensionResults });
};

const WORDS = {
  NotAllowedError: { get: "No passkey was used. Try again, or go on another way.", create: "No passkey was added. Try again." },
  InvalidStateError: "There is a passkey of yours on that device already.",
  SecurityError: "Passkeys do not work at this address.",
  NotSupportedError: "That device cannot keep a passkey for this server.",
};

/** Sends a form to `path`; goes where the server says, or gives what it says. */
async function send(form, path, more = {}) {
  const body = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  const reply = await fetch(path, { method: "POST", body, headers: { accept: "application/json" } });
  const said = await reply.json().catch(() => ({ problem: "This page was open for too long. Load it again." }));
  if (said.problem) throw Object.assign(new Error(said.problem), { told: true, unknown: said.unknown });
  if (said.location) location.assign(said.location);
  return said;
}

/** Lets the browser know of a passkey that is of no use here any more, so that it offers it no longer. */
const forget = (rpId, credentialId) => PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});

/** One ceremony from question to answer. */
async function ceremony(form, how = {}) {
  const begun = await send(form, form.dataset.begin).catch((error) => {
    throw Object.assign(error, { early: true });
  });
  if (!begun.publicKey) return;
  const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: question(begun.publicKey), ...how });
  try {
    await send(form, form.getAttribute("action"), { challenge: begun.challenge, credential: answer(credential) });
  } catch (error) {
    if (error.unknown) await forget(begun.publicKey.rpId, text(credential.rawId));
    throw error;
  }
}

function tell(form, error) {
  if (error.name === "AbortError") return;
  const place = form.querySelector("[data-passkey-problem]");
  const words = WORDS[error.name] ?? "That did not work. Try again in a moment.";
  place.textContent = error.told ? error.message : words[form.dataset.passkey] ?? words;
  place.hidden = false;
  place.focus();
}

// What the name field offers waits until somebody chooses; it gives way to the button.
let offered = null;
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  offered?.abort();
  const mine = (offered = new AbortController());
  try {
    await ceremony(form, { mediation: "conditional", signal: mine.signal });
  } catch (error) {
    // Before anybody chose anything there is nothing to tell.
    if (!error.told || error.early) return;
    tell(form, error);
    offer(form);
  }
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
  const offers = () => "autofill" in form.dataset && offer(form);
  form.hidden = false;
  for (const note of document.querySelectorAll("[data-passkeyless]")) note.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    offered?.abort();
    form.querySelector("[data-passkey-problem]").hidden = true;
    button.disabled = true;
    try {
      await ceremony(form);
    } catch (error) {
      button.disabled = false;
      tell(form, error);
      offers();
    }
  });
  offers();
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    form.querySelector("button").disabled = false;
    offers();
  });
}

if (window.PublicKeyCredential) {
  for (const shown of document.querySelectorAll("[data-where-passkeys]")) shown.hidden = false;
  for (const { dataset } of document.querySelectorAll("[data-passkey-gone]")) forget(dataset.passkeyHost, dataset.passkeyGone);
}
