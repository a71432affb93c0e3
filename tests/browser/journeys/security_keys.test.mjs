// A security key that does not check who holds it: taken once an administrator says so, added, used after the password and to
// confirm, no way in by itself, and of no use any more once the administrator says otherwise.
import assert from "node:assert/strict";
import { KEYBOARD, NARROW, WIDE, journey } from "./journey.mjs";
import { PASSWORD, becomesTheFirstAdministrator, signsOut } from "./steps.mjs";
import { Authenticator, KEY, OLD_KEY, ROOMY_KEY } from "./virtual_authenticator.mjs";

for (const [words, kind, way] of [
  ["a key without a PIN", KEY, WIDE], ["a key without a PIN that has room", ROOMY_KEY, NARROW], ["a U2F key", OLD_KEY, KEYBOARD],
]) {
  journey(`${words} serves beside a password`, { name: "security-key", minutes: 4, ways: [way] }, async ({ ana, server }) => {
    await becomesTheFirstAdministrator(ana, server);
    await decides(ana, server, /^Keys without a PIN too/);
    const authenticator = await Authenticator.of(ana, kind);
    await adds(ana, server, authenticator);
    await isAskedForItAfterThePassword(ana, server);
    await confirmsWithBoth(ana, server);
    await keepsHerPassword(ana, server);
    await decides(ana, server, /^Only those that check who holds them/);
    await comesInWithoutIt(ana, server);
  });
}

async function decides(ana, server, choice) {
  await ana.open(`${server.issuer}/admin/settings`);
  const wanted = ana.page.getByRole("radio", { name: choice });
  if (ana.keyboard) {
    const group = ana.page.getByRole("group", { name: "Passkeys and security keys" });
    await ana.tabTo(group.locator("input:checked"));
    await ana.page.keyboard.press("ArrowDown"); // Of two, the other one.
  } else await wanted.click();
  assert.equal(await wanted.isChecked(), true);
  await ana.look("settings");
  await ana.press("button", "Save settings");
  await ana.reads("The settings are saved.");
}

async function adds(ana, server, authenticator) {
  await ana.open(`${server.issuer}/account/passkeys/add`);
  await ana.look("add-a-passkey");
  await ana.press("link", "Add a security key");
  await ana.reads("One without a PIN will do.");
  await ana.look("add");
  await ana.fill("Name (optional)", "Key ring");
  await ana.press("button", "Add a security key");
  await ana.reads("The security key Key ring is added. You use it after your password.");
  assert.equal((await authenticator.credentials()).length, 1);
  await ana.goTo("Passkeys");
  await ana.reads("Security key: only beside your password");
  await ana.look("list");
  await ana.press("link", "Remove Key ring");
  await ana.look("remove");
  await ana.press("link", "Keep it");
}

async function isAskedForItAfterThePassword(ana, server) {
  await signsOut(ana, server);
  await ana.fill("Username or email address", "ana");
  await ana.fill("Password", PASSWORD);
  await ana.press("button", "Sign in");
  await givesTheKey(ana);
  assert.equal(await ana.headline(), "ana");
}

async function givesTheKey(ana) {
  assert.equal(await ana.headline(), "One more step");
  await ana.look("one-more-step");
  await ana.press("button", "Use a passkey or security key");
}

async function confirmsWithBoth(ana, server) {
  await ana.open(`${server.issuer}/login?confirm=1&next=%2Faccount%2Fpassword`);
  assert.equal(await ana.headline(), "Confirm it is you");
  assert.equal(await ana.page.locator("[data-passkey]").count(), 0, "it does not confirm alone");
  await ana.fill("Password", PASSWORD);
  await ana.press("button", "Confirm");
  await givesTheKey(ana);
  assert.equal(await ana.headline(), "Password", "she goes on where she was");
}

async function keepsHerPassword(ana, server) {
  await ana.open(`${server.issuer}/account/password`);
  assert.equal(await ana.page.getByRole("button", { name: "Remove my password" }).count(), 0);
}

async function comesInWithoutIt(ana, server) {
  await ana.open(`${server.issuer}/account/passkeys`);
  await ana.reads("Security key: not accepted any more");
  await ana.look("list-of-what-is-not-accepted");
  await ana.open(`${server.issuer}/account`);
  await ana.look("overview-of-what-is-not-accepted");
  await signsOut(ana, server);
  await ana.fill("Username or email address", "ana");
  await ana.fill("Password", PASSWORD);
  await ana.press("button", "Sign in");
  assert.equal(await ana.headline(), "ana", "nothing else is asked for");
}
