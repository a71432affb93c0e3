// Mail is set up, tried before it is saved, and brings somebody back who forgot the password.
import assert from "node:assert/strict";
import { KEYBOARD, NO_SCRIPTS, WIDE, journey } from "./journey.mjs";
import { startPostbox } from "./postbox.mjs";
import * as steps from "./steps.mjs";

const FORGOTTEN = "nine tall lighthouses sing";

journey("mail is set up and brings somebody back in", {
  name: "mail",
  ways: [WIDE, NO_SCRIPTS, KEYBOARD],
  beside: async () => ({ postbox: await startPostbox() }),
}, async ({ ana, server, postbox }) => {
  await steps.becomesTheFirstAdministrator(ana, server);
  await setsMailUp(ana, server, postbox);
  await steps.signsOut(ana, server);
  await comesBackByMail(ana, server, postbox);
});

async function setsMailUp(ana, server, postbox) {
  await ana.open(`${server.issuer}/admin/mail`);
  await ana.look("no-mail");
  await ana.press("link", "Set up mail");
  await ana.fill("Host", "localhost");
  await choose(ana, "None");
  await ana.fill("Port (optional)", "1");
  await ana.fill("Letters come from", "id@example.org");
  await ana.press("button", "Send a test");
  await ana.look("test-failed");
  await ana.reads("The letter was not sent.");
  await ana.reads("Nothing listens at port 1.");
  assert.equal(postbox.letters.length, 0);
  await ana.fill("Port (optional)", String(postbox.port));
  await ana.press("button", "Send a test");
  await ana.look("test-worked");
  await ana.reads("The mail server took the letter for ana@example.org.");
  assert.equal((await postbox.waitsFor("A test from Harbour ID")).to, "ana@example.org");
  await ana.press("button", "Save mail server");
  await ana.reads("The mail server is saved.");
  await ana.look("mail");
}

async function comesBackByMail(ana, server, postbox) {
  await ana.open(`${server.issuer}/login`);
  await ana.press("link", "Forgotten your password?");
  await ana.look("reset");
  await ana.fill("Username or email address", "ana");
  await ana.press("button", "Send the link");
  await ana.look("reset-sent");
  assert.equal(await ana.headline(), "Look into your mail");
  const letter = await postbox.waitsFor("Choose a new password");
  await ana.open(letter.link);
  await ana.look("recover");
  await ana.fill("New password", FORGOTTEN);
  await ana.press("button", "Set password");
  assert.equal(await ana.headline(), "Sign in", "nobody is signed in by a link");
  await steps.signsIn(ana, "ana", FORGOTTEN);
  await postbox.waitsFor("Your password was changed");
  await ana.open(letter.link);
  await ana.look("link-used");
  assert.equal(await ana.page.getByLabel("New password", { exact: true }).count(), 0, "it works once");
  await verifiesTheAddress(ana, server, postbox);
}

async function verifiesTheAddress(ana, server, postbox) {
  await ana.open(`${server.issuer}/account/address`);
  await ana.look("address");
  await ana.press("button", "Verify this address");
  const letter = await postbox.waitsFor("Confirm your email address");
  await ana.open(letter.link);
  await ana.look("verify");
  await ana.press("button", "Yes, this address is mine");
  await ana.reads("Your address is confirmed.");
  await ana.look("address-verified");
}

/** Chooses one of several: the arrow keys move among them. */
async function choose(ana, label) {
  const wanted = ana.page.getByRole("radio", { name: label });
  if (!ana.keyboard) return wanted.click();
  await ana.tabTo(ana.page.locator('input[type="radio"]:checked'));
  for (let presses = 0; presses < 5 && !(await wanted.isChecked()); presses++) await ana.page.keyboard.press("ArrowDown");
}
