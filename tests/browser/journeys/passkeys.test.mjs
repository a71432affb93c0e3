// Passkeys, kept by an authenticator that lives in the browser: suggested, enrolled, used alone, after a password and to
// confirm, removed, and enrolled on the way in where a second factor is demanded.
import assert from "node:assert/strict";
import { KEYBOARD, NARROW, WIDE, journey } from "./journey.mjs";
import { PASSWORD, becomesTheFirstAdministrator, signsOut } from "./steps.mjs";
import { Authenticator, TELEPHONE } from "./virtual_authenticator.mjs";

journey("a passkey is enrolled and signs in", {
  name: "passkeys",
  ways: [WIDE, NARROW, KEYBOARD],
  minutes: 7,
}, async ({ ana, server }) => {
  await becomesTheFirstAdministrator(ana, server);
  // It lives with the process that shows the site: a page of the site is open already.
  const authenticator = await Authenticator.of(ana, TELEPHONE);
  await isSuggestedOneOnce(ana, server);
  await enrols(ana, server, authenticator);
  await isNotAskedForItAtOnce(ana);
  await confirmsWithIt(ana, server, authenticator);
  await signsInWithItAlone(ana, server, authenticator);
  await signsInFromTheNameField(ana, server, authenticator);
  await signsInAfterThePassword(ana, server, authenticator);
  const gone = await removesIt(ana, authenticator);
  await isToldThatItIsUnknown(ana, server, authenticator, gone);
  await enrolsOneOnTheWayIn(ana, server);
});

/** She came with a password: at her own page, and with no application waiting. */
async function isSuggestedOneOnce(ana, server) {
  await ana.open(`${server.issuer}/applications`);
  await ana.reads("Sign in faster next time");
  await ana.look("start-with-suggestion");
  await ana.open(`${server.issuer}/account`);
  await ana.reads("Sign in faster next time");
  await ana.look("overview-with-suggestion");
  await ana.press("button", "Not now");
  assert.equal(await ana.headline(), "ana", "she stays where she was");
  for (const place of ["/account", "/applications"]) {
    await ana.open(`${server.issuer}${place}`);
    assert.equal(await ana.page.getByText("Sign in faster next time").count(), 0, "and is not asked again");
  }
}

async function enrols(ana, server, authenticator) {
  await ana.open(`${server.issuer}/account`);
  await ana.goTo("Passkeys");
  await ana.look("passkeys-none");
  await ana.press("link", "Add a passkey");
  await ana.look("passkey-add");
  await authenticator.refuses();
  await ana.press("button", "Add a passkey", { stays: true });
  await ana.reads("No passkey was added. Try again.");
  await ana.look("passkey-add-refused");
  await authenticator.agrees();
  await ana.fill("Name (optional)", "Harbour laptop");
  await ana.press("button", "Add a passkey");
  await ana.reads("The passkey Harbour laptop is added. It signs you in from now on.");
  assert.equal(await ana.headline(), "Recovery codes", "with the first of all factors come recovery codes");
  await ana.look("passkey-added");
  assert.equal((await authenticator.credentials()).length, 1);
  assert.equal((await authenticator.credentials())[0].isResidentCredential, true);
}

/** She has given her password and has just shown the passkey: the next change takes that for granted. */
async function isNotAskedForItAtOnce(ana) {
  await ana.goTo("Passkeys");
  await ana.look("passkeys-one");
  await ana.press("link", "Add a passkey");
  assert.equal(await ana.headline(), "Add a passkey");
}

/** What a change asks for once her proof is no longer fresh. */
async function confirmsWithIt(ana, server, authenticator) {
  await ana.open(`${server.issuer}/login?confirm=1&next=%2Faccount%2Fpasskeys%2Fadd`);
  assert.equal(await ana.headline(), "Confirm it is you");
  await ana.look("confirm-with-passkey");
  await ana.press("button", "Use a passkey");
  assert.equal(await ana.headline(), "Add a passkey", "she goes on where she was");
  await ana.press("button", "Add a passkey", { stays: true });
  await ana.reads("There is a passkey of yours on that device already.");
  assert.equal((await authenticator.credentials()).length, 1);
}

async function signsInWithItAlone(ana, server, authenticator) {
  await authenticator.waits();
  await signsOut(ana, server);
  await ana.look("sign-in-with-passkey");
  await authenticator.agrees();
  await ana.press("button", "Use a passkey");
  assert.equal(await ana.headline(), "ana", "she is where she wanted to go");
}

/** Her browser offers the passkey as soon as the page is there; she only has to agree. */
async function signsInFromTheNameField(ana, server, authenticator) {
  await authenticator.waits();
  await signsOut(ana, server);
  await authenticator.agrees();
  await ana.page.reload();
  await ana.page.waitForURL((url) => url.pathname === "/account");
  assert.equal(await ana.headline(), "ana", "what the field offered let her in");
}

async function signsInAfterThePassword(ana, server, authenticator) {
  await authenticator.waits();
  await signsOut(ana, server);
  await givesHerPassword(ana);
  assert.equal(await ana.headline(), "One more step");
  await ana.look("second-factor-passkey");
  await authenticator.agrees();
  await ana.press("button", "Use a passkey");
  assert.equal(await ana.headline(), "ana");
}

/** The browser forgets it too; the credential is what it was. */
async function removesIt(ana, authenticator) {
  const [credential] = await authenticator.credentials();
  await ana.goTo("Passkeys");
  await ana.press("link", "Rename Harbour laptop");
  await ana.look("passkey-rename");
  await ana.fill("Name of the passkey", "Old laptop");
  await ana.press("button", "Rename");
  await ana.press("link", "Remove Old laptop");
  await ana.look("passkey-remove");
  await ana.press("button", "Remove this passkey");
  await ana.reads("You have none yet.");
  await authenticator.hasForgotten();
  return credential;
}

/** Another browser of hers has not heard of it and still offers it. */
async function isToldThatItIsUnknown(ana, server, authenticator, credential) {
  await authenticator.waits();
  await signsOut(ana, server);
  await authenticator.send("addCredential", { credential });
  await authenticator.agrees();
  await ana.page.reload(); // The name field offers it at once.
  await ana.reads("This server does not know that passkey. It may have been removed here.");
  await ana.look("passkey-unknown");
  await authenticator.hasForgotten();
}

/** From now on more is demanded than she has. */
async function enrolsOneOnTheWayIn(ana, server) {
  await givesHerPassword(ana);
  await ana.open(`${server.issuer}/admin/settings`);
  const more = ana.page.getByRole("radio", { name: /^A second factor too/ });
  if (ana.keyboard) {
    await ana.tabTo(ana.page.getByRole("radio", { name: /^A password/ }));
    await ana.page.keyboard.press("ArrowDown");
  } else await more.click();
  assert.equal(await more.isChecked(), true);
  await ana.press("button", "Save settings");
  await ana.open(`${server.issuer}/account`);
  assert.equal(await ana.headline(), "Confirm it is you", "what she proved is too little by now");
  await ana.fill("Password", PASSWORD);
  await ana.press("button", "Confirm");
  assert.equal(await ana.headline(), "Set up a second factor");
  assert.ok(await ana.page.getByRole("img", { name: "QR code for your authenticator" }).isVisible(), "either will do");
  await ana.look("enrol-on-the-way-in");
  await ana.press("button", "Add a passkey");
  assert.equal(await ana.headline(), "Keep your recovery codes");
  await ana.reads("Your passkey is added.");
  assert.equal(await ana.page.locator("#codes code").count(), 10);
  await ana.look("recovery-codes-on-the-way-in");
  await ana.press("link", "I have stored them, continue");
  assert.equal(await ana.headline(), "ana", "she is where she wanted to go");
  await ana.goTo("Passkeys");
  await ana.press("link", "Add a passkey");
  assert.equal(await ana.headline(), "Add a passkey", "what she has shown on the way in counts");
}

async function givesHerPassword(ana) {
  await ana.fill("Username or email address", "ana");
  await ana.fill("Password", PASSWORD);
  await ana.press("button", "Sign in");
}
