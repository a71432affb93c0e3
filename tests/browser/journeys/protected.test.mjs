// Somebody is invited, protects the account, loses the way and finds it again, and leaves: one walk, three ways of using the web.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { target } from "../../common/server.mjs";
import { authenticator } from "../../common/totp.mjs";
import { Visitor } from "../../common/visitor.mjs";
import { KEYBOARD, NO_SCRIPTS, WIDE, journey } from "./journey.mjs";
import { startPostbox } from "./postbox.mjs";
import { pressesSignOut, signsIn } from "./steps.mjs";

const ADMIN = "cobalt lantern harbour 27";
const FIRST = "quiet otters skate at noon";
const SECOND = "violet anchors under ice";
const DECLARED = `
[settings]
name = "Harbour ID"
self_registration = "invited"

[[users]]
username = "ana"
email = "ana@example.org"
password = "${ADMIN}"
admin = true
`;

journey("from an invitation to a protected account, out and in again, and gone", {
  name: "protected",
  ways: [WIDE, NO_SCRIPTS, KEYBOARD],
  people: ["ana", "bob"],
  beside: async () => {
    const postbox = await startPostbox();
    return { postbox, config: await configured(postbox.port) };
  },
  options: ({ config }) => ({ declared: DECLARED, args: ["--config", config.path] }),
}, async ({ ana, bob, server, postbox }) => {
  await invites(ana, server);
  await accepts(bob, postbox);
  const kept = await setsUpAnAuthenticator(bob, server);
  await signsInWithACode(bob, server, kept);
  await isAskedAgainBeforeAChange(bob, server, kept);
  await signsInWithARecoveryCode(bob, server, kept);
  await endsASessionElsewhere(bob, server, kept);
  await findsTheWayBackByMail(bob, server, postbox, kept);
  await leaves(bob, server, kept);
});

/** A configuration file with the mail server that listens at this port. */
async function configured(port) {
  await mkdir(join(target, "tmp"), { recursive: true });
  const home = await mkdtemp(join(target, "tmp/protected-"));
  const path = join(home, "countersign.toml");
  await writeFile(path, `[smtp]\nhost = "127.0.0.1"\nport = ${port}\nsecurity = "none"\nfrom = "id@example.org"\n`);
  return { path, close: () => rm(home, { recursive: true, force: true }) };
}

async function invites(ana, server) {
  await ana.open(`${server.issuer}/admin/invitations`);
  await signsIn(ana, "ana", ADMIN);
  await ana.look("invitations-none");
  await ana.fill("Email addresses (optional)", "bob@example.org");
  await ana.press("button", "Invite");
  await ana.look("invitation-made");
  await ana.reads("bob@example.org");
}

async function accepts(bob, postbox) {
  const { link, to } = await postbox.waitsFor("ana invites you");
  assert.equal(to, "bob@example.org");
  await bob.open(link);
  await bob.look("invitation");
  await bob.reads("bob@example.org");
  await bob.open(link); // Looking uses nothing up.
  await bob.fill("Username", "bob");
  await bob.fill("Password", FIRST);
  await bob.press("button", "Create account");
  await bob.look("accepted");
  await bob.open(new URL("/account", bob.page.url()).href);
  assert.equal(await bob.headline(), "bob", "he is signed in");
  await bob.look("account-overview");
  await bob.open(link);
  await bob.look("invitation-used");
  assert.equal(await bob.page.getByLabel("Username", { exact: true }).count(), 0, "it works once");
}

async function setsUpAnAuthenticator(bob, server) {
  await bob.open(`${server.issuer}/account`);
  await bob.goTo("Authenticator");
  await bob.look("authenticator-none");
  await bob.press("button", "Set up an authenticator");
  await bob.look("authenticator-enrolling");
  const codes = authenticator(await bob.page.locator("#key").innerText());
  await bob.fill("Code", "000000");
  await bob.press("button", "Turn it on");
  await bob.look("authenticator-wrong-code");
  assert.match(await bob.page.title(), /^Error: /, "a wrong code turns nothing on");
  await bob.fill("Code", await codes.shows());
  await bob.press("button", "Turn it on");
  await bob.look("recovery-codes");
  const recovery = (await bob.page.locator("#codes code").allInnerTexts()).map((text) => text.trim());
  assert.equal(recovery.length, 10);
  await bob.press("link", "I have stored them");
  await bob.look("recovery-codes-kept");
  await bob.reads("10 of 10 left");
  return { codes, recovery };
}

async function signsInWithACode(bob, server, { codes }) {
  await signsOut(bob, server);
  await signsIn(bob, "bob", FIRST);
  assert.equal(await bob.headline(), "One more step");
  await bob.look("one-more-step");
  await bob.open(`${server.issuer}/account`);
  assert.equal(await bob.headline(), "Sign in", "the password alone opens nothing");
  await signsIn(bob, "bob", FIRST);
  await bob.fill("Code", "123 456");
  await bob.press("button", "Sign in");
  await bob.look("one-more-step-wrong");
  assert.match(await bob.page.title(), /^Error: /);
  const code = await codes.shows();
  await bob.fill("Code", `${code.slice(0, 3)} ${code.slice(3)}`);
  await bob.press("button", "Sign in");
  assert.equal(await bob.headline(), "bob");
}

/** In a browser that was there before he had an authenticator, a password proves too little for a change. */
async function isAskedAgainBeforeAChange(bob, server, { codes }) {
  await signsOut(bob, server);
  await signsIn(bob, "bob", FIRST);
  await bob.fill("Code", await codes.shows());
  await bob.tick(/Don.t ask for a code in this browser/);
  await bob.press("button", "Sign in");
  await signsOut(bob, server);
  await signsIn(bob, "bob", FIRST);
  assert.equal(await bob.headline(), "bob", "this browser remembers");
  await bob.goTo("Authenticator");
  await bob.look("authenticator-on");
  await bob.press("link", "Remove");
  await bob.look("authenticator-remove");
  await bob.press("button", "Remove it");
  assert.equal(await bob.headline(), "Confirm it is you", "a remembered browser is no proof");
  await bob.look("confirm");
  await bob.fill("Password", FIRST);
  await bob.press("button", "Confirm");
  await bob.look("confirm-code");
  await bob.fill("Code", await codes.shows());
  await bob.press("button", /Confirm|Sign in|Continue/);
  assert.equal(await bob.headline(), "Authenticator", "he goes on where he was");
  await bob.look("authenticator-confirmed");
  if (await bob.page.getByRole("link", { name: "Keep it" }).isVisible()) await bob.press("link", "Keep it");
  await bob.goTo("Sessions");
  await bob.look("sessions-remembered");
  await bob.press("button", /[Ff]orget|[Aa]sk .*again/);
}

async function signsInWithARecoveryCode(bob, server, { recovery }) {
  await signsOut(bob, server);
  await signsIn(bob, "bob", FIRST);
  await givesRecoveryCode(bob, recovery[0]);
  assert.equal(await bob.headline(), "bob");
  await signsOut(bob, server);
  await signsIn(bob, "bob", FIRST);
  await givesRecoveryCode(bob, recovery[0]);
  assert.match(await bob.page.title(), /^Error: /, "it worked once");
  await givesRecoveryCode(bob, recovery[1]);
  await bob.goTo("Recovery codes");
  await bob.look("recovery-codes-left");
  await bob.reads("8 of 10 left");
}

async function endsASessionElsewhere(bob, server, { recovery }) {
  const other = new Visitor(server.issuer);
  const half = await other.submit(await other.travel("/login"), { username: "bob", password: FIRST });
  const sign_in = /name="sign_in" value="([^"]*)"/.exec(half.body)[1];
  const csrf = /name="csrf" value="([^"]*)"/.exec(half.body)[1];
  await other.travel("/login/second-factor", { method: "POST", form: { csrf, sign_in, recovery: recovery[2] } });
  assert.equal((await other.ask("/account")).status, 200);
  await bob.goTo("Sessions");
  await bob.look("sessions");
  await bob.press("button", /^End (all others|every other session)/);
  assert.equal((await other.ask("/account")).status, 303, "the other browser is signed out");
}

async function findsTheWayBackByMail(bob, server, postbox, { recovery }) {
  await signsOut(bob, server);
  await bob.open(`${server.issuer}/login`);
  await bob.press("link", /Forgotten/);
  await bob.look("reset");
  await bob.fill("Username or email address", "bob@example.org");
  await bob.press("button", "Send the link");
  await bob.look("reset-sent");
  const { link } = await postbox.waitsFor("Choose a new password");
  await bob.open(link);
  await bob.look("reset-link");
  await bob.fill("New password", "short");
  await bob.press("button", "Set password");
  assert.match(await bob.page.title(), /^Error: /, "a short password is refused and the link still works");
  await bob.fill("New password", SECOND);
  await bob.press("button", "Set password");
  assert.equal(await bob.headline(), "Sign in", "nobody is signed in by it");
  await bob.open(link);
  assert.equal(await bob.page.getByLabel("New password", { exact: true }).count(), 0, "the link works once");
  await bob.open(`${server.issuer}/account`);
  await signsIn(bob, "bob", SECOND);
  assert.equal(await bob.headline(), "One more step", "a new password is no way round the second factor");
  await givesRecoveryCode(bob, recovery[3]);
  assert.equal(await bob.headline(), "bob");
}

async function leaves(bob, server) {
  await bob.goTo("Activity");
  await bob.look("activity");
  await bob.goTo("Your data");
  await bob.look("your-data");
  await bob.press("link", "Delete my account");
  await bob.look("delete");
  await bob.fill("Type your username", "not me");
  await bob.press("button", "Delete my account");
  assert.match(await bob.page.title(), /^Error: /, "the wrong name deletes nothing");
  await bob.fill("Type your username", "bob");
  await bob.press("button", "Delete my account");
  await bob.look("deleted");
  await bob.open(`${server.issuer}/login`);
  await signsIn(bob, "bob", SECOND);
  assert.match(await bob.page.title(), /^Error: /, "there is no such account any more");
}

async function givesRecoveryCode(person, code) {
  const field = person.page.getByLabel("Recovery code", { exact: true });
  if (!(await field.isVisible())) {
    const summary = person.page.locator("summary", { hasText: "Use a recovery code" });
    if (person.keyboard) await person.tabTo(summary).then(() => person.page.keyboard.press("Enter"));
    else await summary.click();
  }
  await person.fill("Recovery code", code);
  await person.press("button", "Use it");
}

async function signsOut(person, server) {
  await pressesSignOut(person, server);
  await person.open(`${server.issuer}/account`);
}
