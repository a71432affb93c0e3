// What people do about their own account: an authenticator and recovery codes, how pages look, their data, and leaving.
import assert from "node:assert/strict";
import { authenticator } from "../../common/totp.mjs";
import { KEYBOARD, NO_SCRIPTS, WIDE, journey } from "./journey.mjs";
import * as steps from "./steps.mjs";

journey("an account is protected, looked at, taken along and left", {
  name: "account",
  ways: [WIDE, NO_SCRIPTS, KEYBOARD],
}, async ({ ana, server }) => {
  await steps.becomesTheFirstAdministrator(ana, server);
  await choosesColours(ana, server);
  await cannotLeaveAsTheLastAdministrator(ana, server);
  const link = await invitesBen(ana, server);
  const app = await setsUpAnAuthenticator(ana, server);
  await steps.signsOut(ana, server);
  await signsInWithACode(ana, server, app);
  await steps.signsOut(ana, server);
  await benLeaves(ana, server, link);
});

async function setsUpAnAuthenticator(ana, server) {
  await ana.open(`${server.issuer}/account`);
  await ana.look("account");
  await ana.press("link", "See authenticator");
  await ana.look("authenticator-none");
  await ana.press("button", "Set up an authenticator");
  await ana.look("authenticator-enrolling");
  assert.ok(await ana.page.getByRole("img", { name: "QR code for your authenticator" }).isVisible());
  const app = authenticator(await ana.page.locator("#key").innerText());
  await ana.fill("Code", "000 000");
  await ana.press("button", "Turn it on");
  await ana.look("authenticator-refused");
  assert.match(await ana.page.title(), /^Error: /, "a wrong code is refused, and the title says so");
  await ana.fill("Code", await app.shows());
  await ana.press("button", "Turn it on");
  await ana.look("recovery-codes-once");
  const codes = await ana.page.locator("#codes code").allInnerTexts();
  assert.equal(new Set(codes).size, 10, "ten codes, shown");
  const file = await ana.page.getByRole("link", { name: "Download" }).getAttribute("href");
  for (const one of codes) assert.ok(decodeURIComponent(file).includes(one), "the file has every code");
  await ana.press("link", "I have stored them");
  await ana.look("recovery-codes");
  await ana.reads("10 of 10 left");
  assert.equal((await ana.page.content()).includes(codes[0]), false, "shown once means once");
  return app;
}

async function choosesColours(ana, server) {
  const paper = () => ana.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await ana.open(`${server.issuer}/account/preferences`);
  const light = await paper();
  const dark = ana.page.getByRole("radio", { name: "Dark" });
  if (ana.keyboard) {
    await ana.tabTo(ana.page.getByRole("radio", { name: "As the system has them" }));
    await ana.page.keyboard.press("ArrowUp");
  } else await dark.click();
  assert.ok(await dark.isChecked());
  await ana.press("button", "Save preferences");
  assert.notEqual(await paper(), light, "the next page is dark");
  await ana.open(`${server.issuer}/account/data`);
  assert.notEqual(await paper(), light, "and every page");
  await ana.open(`${server.issuer}/account/preferences`);
  const system = ana.page.getByRole("radio", { name: "As the system has them" });
  if (ana.keyboard) {
    await ana.tabTo(dark);
    await ana.page.keyboard.press("ArrowDown");
  } else await system.click();
  await ana.press("button", "Save preferences");
  await ana.look("preferences");
  assert.equal(await paper(), light);
}

async function cannotLeaveAsTheLastAdministrator(ana, server) {
  await ana.open(`${server.issuer}/account/data`);
  await ana.look("your-data");
  await ana.press("link", "Delete my account");
  await ana.look("delete-refused");
  await ana.reads("Nobody else can administer this server.");
  assert.equal(await ana.page.getByRole("button", { name: "Delete my account" }).count(), 0);
}

/** Gives a link with which Ben chooses his password. */
async function invitesBen(ana, server) {
  await ana.open(`${server.issuer}/admin`);
  await ana.goTo("People");
  await ana.press("link", "New person");
  await ana.fill("Username", "ben");
  await ana.fill("Email address (optional)", "ben@example.org");
  await ana.press("button", "Add person");
  return (await ana.page.locator("#link-value").innerText()).trim();
}

async function signsInWithACode(ana, server, app) {
  await ana.open(`${server.issuer}/login`);
  await steps.signsIn(ana, "ana", steps.PASSWORD);
  await ana.look("second-factor");
  await ana.fill("Code", await app.shows());
  await ana.press("button", "Sign in");
  await ana.open(`${server.issuer}/account`);
  assert.equal(await ana.headline(), "ana", "she is in");
}

async function benLeaves(ana, server, link) {
  await ana.open(link);
  await ana.fill("New password", "four quiet otters skate");
  await ana.press("button", "Set password");
  await steps.signsIn(ana, "ben", "four quiet otters skate");
  await ana.open(`${server.issuer}/account/data`);
  await ana.press("link", "Delete my account");
  await ana.look("delete");
  await ana.reads("It cannot be undone.");
  await ana.fill("Type your username", "bob");
  await ana.press("button", "Delete my account");
  await ana.look("delete-mistyped");
  await ana.fill("Type your username", "ben");
  await ana.press("button", "Delete my account");
  await ana.reads("Your account is deleted.");
  await ana.look("deleted");
  await steps.signsIn(ana, "ben", "four quiet otters skate");
  assert.match(await ana.page.title(), /^Error: /, "there is no such account any more");
}
