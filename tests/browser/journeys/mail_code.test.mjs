// Somebody signs in with a code by mail: typed where it was asked for, by the link there and in another browser, and never
// enough to change what the account is protected with.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { target } from "../../common/server.mjs";
import { KEYBOARD, NARROW, NO_SCRIPTS, WIDE, journey } from "./journey.mjs";
import { startPostbox } from "./postbox.mjs";
import * as steps from "./steps.mjs";

const DECLARED = `
[settings]
name = "Harbour ID"
sign_in_by_mail = true
[[users]]
username = "ana"
email = "ana@example.org"
email_verified = true
password = "${steps.PASSWORD}"
`;

journey("a code by mail signs in", {
  name: "mail-code",
  ways: [WIDE, NARROW, NO_SCRIPTS, KEYBOARD],
  people: ["ana", "eve"],
  beside: async () => {
    const postbox = await startPostbox();
    return { postbox, config: await configFor(postbox) };
  },
  options: ({ config }) => ({ declared: DECLARED, args: ["--config", config.path] }),
}, async ({ ana, eve, server, postbox }) => {
  await typesTheCode(ana, server, postbox);
  await changesNothingByIt(ana, server);
  await steps.signsOut(ana, server);
  await followsTheLink(ana, eve, server, postbox);
});

async function typesTheCode(ana, server, postbox) {
  await asks(ana, server, "ana@example.org", "asked");
  await ana.fill("Code", "AAAA-AAAA");
  await ana.press("button", "Sign in");
  await ana.look("wrong-code");
  await ana.reads("That is not the code.");
  const { code } = await codeIn(postbox);
  await ana.fill("Code", code.toLowerCase());
  await ana.press("button", "Sign in");
  assert.equal(await ana.headline(), "Sessions", "she comes to where she was going");
}

async function changesNothingByIt(ana, server) {
  await ana.open(`${server.issuer}/account/password`);
  await ana.look("a-password-is-asked-for");
  await ana.reads("You came in by a code from your mail.");
  assert.equal(await ana.page.getByRole("link", { name: "Email me a code instead" }).count(), 0);
  await ana.fill("Password", steps.PASSWORD);
  await ana.press("button", "Confirm");
  assert.equal(await ana.headline(), "Password");
  await ana.open(`${server.issuer}/account/activity`);
  await ana.look("activity");
  await ana.reads("by a code sent to ana@example.org");
}

async function followsTheLink(ana, eve, server, postbox) {
  postbox.letters.length = 0;
  await asks(ana, server, "ana", "asked-again");
  const { code, link } = await codeIn(postbox);
  await eve.open(link);
  await eve.look("in-another-browser");
  assert.equal(await eve.headline(), "Type this code where you asked for it");
  await eve.reads(code);
  await ana.open(link);
  await ana.look("by-link");
  assert.equal(await ana.page.getByLabel("Code", { exact: true }).inputValue(), code);
  await ana.press("button", "Sign in");
  assert.equal(await ana.headline(), "Sessions");
  await steps.signsOut(ana, server);
  await ana.open(link);
  await ana.look("used");
  assert.equal(await ana.page.getByLabel("Code", { exact: true }).count(), 0, "it works once");
}

/** From the sign-in page to the one on which the code is typed. */
async function asks(ana, server, username, picture) {
  await ana.open(`${server.issuer}/login?next=/account/sessions`);
  await ana.look(`sign-in-before-${picture}`);
  await ana.press("link", "Email me a code instead");
  await ana.look(`before-${picture}`);
  await ana.fill("Username or email address", username);
  await ana.press("button", "Email me a code");
  await ana.look(picture);
  assert.equal(await ana.headline(), "Enter the code");
}

async function codeIn(postbox) {
  const letter = await postbox.waitsFor("Your code for Harbour ID");
  assert.equal(letter.to.includes("ana@example.org"), true, letter.to);
  const code = /^Code: ([2-9A-Z]{4}-[2-9A-Z]{4})$/m.exec(letter.text)?.[1];
  assert.ok(code, letter.text);
  return { code, link: letter.link };
}

async function configFor(postbox) {
  const home = await mkdtemp(join(target, "mail-code-"));
  const path = join(home, "countersign.toml");
  await writeFile(path, `[smtp]\nhost = "localhost"\nport = ${postbox.port}\nsecurity = "none"\nfrom = "id@example.org"\n`);
  return { path, close: () => rm(home, { recursive: true, force: true }) };
}
