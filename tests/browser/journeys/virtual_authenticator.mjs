// Chromium's own virtual authenticators.
import assert from "node:assert/strict";

/** A telephone's: it keeps passkeys and checks its owner. */
export const TELEPHONE = {
  protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
};
/** A key on a key ring, without a PIN: it keeps nothing, and knows nobody. */
export const KEY = { protocol: "ctap2", transport: "usb", hasResidentKey: false, hasUserVerification: false };
/** The same with room for what it makes, which browsers use only with a PIN. */
export const ROOMY_KEY = { ...KEY, hasResidentKey: true };
/** One from before all that (FIDO U2F). */
export const OLD_KEY = { protocol: "u2f", transport: "usb" };

/** One of these in somebody's browser. */
export class Authenticator {
  static async of({ context, page }, kind) {
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const options = { ...kind, automaticPresenceSimulation: true };
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

  /** It was told of what is of no use any more, if not at this very moment. */
  async hasForgotten() {
    const until = Date.now() + 5_000;
    while ((await this.credentials()).length > 0) {
      assert.ok(Date.now() < until, "the browser was told that the passkey is unknown");
      await this.cdp.send("Runtime.evaluate", { expression: "new Promise(requestAnimationFrame)", awaitPromise: true });
    }
  }

  async credentials() {
    return (await this.send("getCredentials")).credentials;
  }
}
