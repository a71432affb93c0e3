// The steps of the journeys, each with what has to be true after it.
import assert from "node:assert/strict";
import { Visitor } from "../../common/visitor.mjs";

export const PASSWORD = "cobalt lantern harbour 27";
const NEW_PASSWORD = "seven slow herons at dusk";

export async function becomesTheFirstAdministrator(ana, server) {
  assert.ok(server.setupLink, `a fresh store prints its set-up link: ${server.log()}`);
  const link = server.setupLink;
  await ana.open(link);
  await ana.look("setup");
  await ana.fill("Name of this server", "Harbour ID");
  await ana.fill("Your username", "ana");
  await ana.fill("Your email address", "ana@example.org");
  await ana.fill("Your password", "short");
  await ana.press("button", "Create and sign in");
  await ana.look("setup-refused");
  assert.match(await ana.page.title(), /^Error: /, "a short password is refused, and the title says so");
  await ana.fill("Your password", PASSWORD);
  await ana.press("button", "Create and sign in");
  await ana.look("after-setup");

  // The link is closed for ever.
  await ana.open(link);
  await ana.look("setup-closed");
  assert.equal(await ana.page.getByLabel("Your password", { exact: true }).count(), 0, "nobody else can set up");
}

export async function registersTheWiki(ana, wiki) {
  await ana.open(new URL("/admin", ana.page.url()).href);
  await ana.look("console-overview");
  await ana.goTo("Applications");
  await ana.look("console-no-applications");
  await ana.press("link", "New application");
  await ana.look("console-new-application");
  await ana.fill("Name", "Team wiki");
  await ana.fill("Redirect address (optional)", wiki.callback);
  await ana.press("button", "Add application");
  await ana.look("console-secret-once");
  const secret = (await ana.page.locator("#secret-value").innerText()).trim();
  assert.ok(secret.length >= 32, "a generated secret is long");
  const clientId = (await ana.page.locator("dt", { hasText: /^Client ID$/ }).locator("xpath=following-sibling::dd[1]//code").innerText()).trim();

  // Shown once means once.
  await ana.press("link", "I have stored it");
  assert.equal((await ana.page.content()).includes(secret), false, "the secret is not shown again");
  await ana.fill("New address", wiki.signedOut);
  await ana.press("button", "Add", { within: ana.page.locator("#logout") });
  await ana.look("console-application");
  await ana.reads(wiki.signedOut);
  return { clientId, secret };
}

export async function signsInToTheWiki(ana, wiki) {
  await ana.open(wiki.home);
  await ana.press("link", "Sign in with Harbour ID");
  await ana.look("consent");
  await ana.reads("Team wiki");
  await ana.reads("ana@example.org");
  await ana.press("button", "Cancel");
  await ana.reads("The answer was access_denied.");

  await ana.open(wiki.home);
  await ana.press("link", "Sign in with Harbour ID");
  await ana.press("button", "Continue");
  await ana.reads("Signed in as ana, ana@example.org.");

  // Agreed once is remembered.
  await ana.open(wiki.home);
  await ana.press("link", "Sign in with Harbour ID");
  await ana.reads("Signed in as ana, ana@example.org.");
}

export async function goesRoundTheConsole(ana, server) {
  await ana.open(`${server.issuer}/admin`);
  for (const place of ["People", "Groups", "Scopes", "Activity", "Keys", "Settings", "Applications", "Overview"]) {
    await ana.goTo(place);
    await ana.look(`console-${place.toLowerCase()}`);
  }
  await ana.goTo("People");
  await ana.press("link", "New person");
  await ana.look("console-new-person");
  await ana.fill("Username", "ben");
  await ana.press("button", "Add person");
  await ana.look("console-person");
}

export async function keepsTheAccount(ana, server, wiki) {
  await ana.open(server.issuer);
  await ana.look("home");

  // A session elsewhere is ended from here.
  const elsewhere = await signInElsewhere(server);
  assert.equal(await elsewhere(), true);
  await ana.open(`${server.issuer}/account/sessions`);
  await ana.look("account-sessions");
  await ana.press("button", /^End the session of /);
  assert.equal(await elsewhere(), false, "an ended session is over");

  await ana.goTo("Profile");
  await ana.fill("Given name (optional)", "Ana");
  await ana.fill("Family name (optional)", "Ruiz");
  await ana.press("button", "Save profile");
  await ana.look("account-profile");
  assert.equal(await ana.page.getByLabel("Given name").inputValue(), "Ana", "what was saved is there");

  // Revoking an application ends its access at once.
  assert.equal(await wiki.stillLetIn(), true);
  await ana.goTo("Applications");
  await ana.look("account-applications");
  await ana.press("button", "Revoke the access of Team wiki");
  assert.equal(await wiki.stillLetIn(), false, "a revoked application learns nothing more");

  await ana.goTo("Password");
  await ana.fill("Current password", "not my password at all");
  await ana.fill("New password", NEW_PASSWORD);
  await ana.press("button", "Change password");
  await ana.look("account-password-refused");
  assert.match(await ana.page.title(), /^Error: /, "the wrong current password is refused");
  await ana.fill("Current password", PASSWORD);
  await ana.fill("New password", NEW_PASSWORD);
  await ana.press("button", "Change password");
  await ana.look("account-password");
  assert.doesNotMatch(await ana.page.title(), /^Error: /, "the right one is accepted");

  await ana.goTo("Activity");
  await ana.look("account-activity");
}

/** Fills the sign-in page in and sends it. */
export async function signsIn(person, username, password) {
  await person.fill("Username or email address", username);
  await person.fill("Password", password);
  await person.press("button", "Sign in");
}

/** Signs out by the button of the account, which is behind the menu on a narrow screen. */
export async function pressesSignOut(person, server) {
  await person.open(`${server.issuer}/account`);
  const menu = person.page.getByRole("button", { name: "Menu", exact: true });
  if (await menu.isVisible()) await menu.click();
  await person.press("button", "Sign out");
}

export async function signsOut(ana, server) {
  await pressesSignOut(ana, server);
  await ana.look("signed-out");
  assert.equal(await ana.headline(), "You are signed out");
  await ana.open(`${server.issuer}/account`);
  assert.equal(await ana.headline(), "Sign in", "the account is closed to strangers");
}

export async function signsInAfresh(ana, wiki) {
  await ana.open(wiki.home);
  await ana.press("link", "Sign in with Harbour ID");
  await ana.look("sign-in");
  await signsIn(ana, "ana", PASSWORD);
  await ana.look("sign-in-refused");
  assert.match(await ana.page.title(), /^Error: /, "the old password no longer works");
  await signsIn(ana, "ana", NEW_PASSWORD);
  await ana.look("consent-again");
  await ana.press("button", "Continue");
  await ana.reads("Signed in as ana, ana@example.org.");
}

export async function signsOutFromTheWiki(ana, wiki) {
  await ana.press("link", "Sign out");
  await ana.reads("Good-bye, left.");
  assert.equal(await ana.headline(), "Signed out of the wiki");
  await ana.open(wiki.home);
  await ana.press("link", "Sign in with Harbour ID");
  assert.equal(await ana.headline(), "Sign in", "the session ended with the wiki's");
}

/** Signs ana in with another browser; the answer tells whether that browser still is. */
async function signInElsewhere(server) {
  const other = new Visitor(server.issuer);
  await other.signIn("ana", PASSWORD);
  return async () => (await other.ask("/account")).status === 200;
}
