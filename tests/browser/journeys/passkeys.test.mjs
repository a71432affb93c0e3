// Passkeys, kept by an authenticator that lives in the browser: enrolled, used alone, after a password, and to confirm.
import assert from "node:assert/strict";
import { KEYBOARD, NARROW, WIDE, journey } from "./journey.mjs";
import { PASSWORD, becomesTheFirstAdministrator, signsOut } from "./steps.mjs";

journey("a passkey is enrolled and signs in", {
  name: "passkeys",
  ways: [WIDE, NARROW, KEYBOARD],
  minutes: 7,
}, async ({ ana, server }) => {
  await becomesTheFirstAdministrator(ana, server);
  // It lives with the process that shows the site: a page of the site is open already.
  const authenticator = await Authenticator.of(ana);
  await enrols(ana, server, authenticator);
  await confirmsWithIt(ana, authenticator);
  await signsInWithItAlone(ana, server, authenticator);
  await signsInFromTheNameField(ana, server, authenticator);
  await signsInAfterThePassword(ana, server, authenticator);
  await removesIt(ana);
});

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

/** She has proved her password only, and now has more than that: the next change asks for it. */
async function confirmsWithIt(ana, authenticator) {
  await ana.goTo("Passkeys");
  await ana.look("passkeys-one");
  await ana.press("link", "Add a passkey");
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
  await ana.fill("Username or email address", "ana");
  await ana.fill("Password", PASSWORD);
  await ana.press("button", "Sign in");
  assert.equal(await ana.headline(), "One more step");
  await ana.look("second-factor-passkey");
  await authenticator.agrees();
  await ana.press("button", "Use a passkey");
  assert.equal(await ana.headline(), "ana");
}

async function removesIt(ana) {
  await ana.goTo("Passkeys");
  await ana.press("link", "Rename Harbour laptop");
  await ana.look("passkey-rename");
  await ana.fill("Name of the passkey", "Old laptop");
  await ana.press("button", "Rename");
  await ana.press("link", "Remove Old laptop");
  await ana.look("passkey-remove");
  await ana.press("button", "Remove this passkey");
  await ana.reads("You have none yet.");
}

/** Chromium's own virtual authenticator: as a telephone's, it keeps passkeys and checks its owner. */
class Authenticator {
  static async of({ context, page }) {
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const options = {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
    return Object.assign(new Authenticator(), { cdp, authenticatorId });
  }

  send(command, more = {}) {
    return this.cdp.send(`WebAuthn.${command}`, { authenticatorId: this.authenticatorId, ...more });
  }

  /** Its owner is there and shows it. */
  async agrees() {
    await this.send("setUserVerified", { isUserVerified: true });
    await this.send("setAutomaticPresenceSimulation", { enabled: true });
  }

  /** Somebody is there whom it does not know. */
  async refuses() {
    await this.send("setUserVerified", { isUserVerified: false });
    await this.send("setAutomaticPresenceSimulation", { enabled: true });
  }

  /** Nobody touches it. */
  async waits() {
    await this.send("setAutomaticPresenceSimulation", { enabled: false });
  }

  async credentials() {
    return (await this.send("getCredentials")).credentials;
  }
}
