// An administrator helps somebody by using an application as them, is stopped at their account, and they read of it.
import assert from "node:assert/strict";
import { KEYBOARD, NARROW, NO_SCRIPTS, WIDE, journey } from "./journey.mjs";
import * as steps from "./steps.mjs";
import { startWiki } from "./wiki.mjs";

const BENS = "four quiet otters skate";
const REASON = "Ben sees an empty page";

journey("an administrator acts for somebody, and they read of it", {
  name: "acting",
  ways: [WIDE, NARROW, NO_SCRIPTS, KEYBOARD],
  people: ["ana", "ben"],
  beside: async () => ({ wiki: await startWiki() }),
}, async ({ ana, ben, server, wiki }) => {
  await steps.becomesTheFirstAdministrator(ana, server);
  const { clientId, secret } = await steps.registersTheWiki(ana, wiki);
  await wiki.connect(server.issuer, clientId, secret);
  await benUsesTheWiki(ana, ben, server, wiki);
  await isNotOffered(ana, server);
  await allowsActing(ana, server);
  await begins(ana, server);
  await seesTheWikiAsBen(ana, server, wiki);
  await isStoppedAtTheAccount(ana, server);
  await benSeesIt(ben, server);
  await stops(ana, server);
  await benReadsOfIt(ben, server);
});

async function benUsesTheWiki(ana, ben, server, wiki) {
  await ana.open(`${server.issuer}/admin/people/new`);
  await ana.fill("Username", "ben");
  await ana.fill("Email address (optional)", "ben@example.org");
  await ana.press("button", "Add person");
  await ben.open((await ana.page.locator("#link-value").innerText()).trim());
  await ben.fill("New password", BENS);
  await ben.press("button", "Set password");
  await steps.signsIn(ben, "ben", BENS);
  await ben.open(wiki.home);
  await ben.press("link", "Sign in with Harbour ID");
  await ben.press("button", "Continue");
  await ben.reads("Signed in as ben, ben@example.org.");
}

async function opensBen(ana, server) {
  await ana.open(`${server.issuer}/admin/people?q=ben`);
  await ana.press("link", "ben");
}

async function isNotOffered(ana, server) {
  await opensBen(ana, server);
  assert.equal(await ana.page.locator("#act").count(), 0, "nothing is offered that is not allowed");
}

async function allowsActing(ana, server) {
  await ana.open(`${server.issuer}/admin/settings`);
  await ana.tick(/Administrators may act as somebody else/);
  await ana.press("button", "Save settings");
  await ana.reads("The settings are saved.");
  await ana.look("settings");
}

async function begins(ana, server) {
  await opensBen(ana, server);
  await ana.press("button", "Act as ben");
  await ana.look("act-without-a-reason");
  assert.match(await ana.page.title(), /^Error: /, "a reason is wanted, and the title says so");
  await ana.fill("Why", REASON);
  await ana.press("button", "Act as ben");
  await ana.look("acting-applications");
  await ana.reads(/You are acting as ben until .*What you do is recorded\./);
  assert.equal(await ana.headline(), "Their applications");
}

async function seesTheWikiAsBen(ana, server, wiki) {
  await ana.open(wiki.home);
  await ana.press("link", "Sign in with Harbour ID");
  await ana.reads("Signed in as ben, ben@example.org.");
  assert.ok(wiki.tokens.claims().act.sub, "the application is told that somebody acts");
  assert.notEqual(wiki.tokens.claims().act.sub, wiki.tokens.claims().sub);
  assert.equal(wiki.tokens.refresh_token, undefined, "nothing lasts");
}

async function isStoppedAtTheAccount(ana, server) {
  for (const path of ["/account", "/account/password", "/account/data", "/admin", "/login?confirm=1"]) {
    await ana.open(`${server.issuer}${path}`);
    assert.equal(await ana.headline(), "This is theirs to do", path);
  }
  await ana.look("theirs-to-do");
}

async function benSeesIt(ben, server) {
  await ben.open(`${server.issuer}/account/sessions`);
  await ben.look("sessions");
  await ben.reads("ana (administrator)");
  await ben.reads(new RegExp(REASON));
}

async function stops(ana, server) {
  await ana.open(`${server.issuer}/applications`);
  await ana.press("button", "Stop");
  await ana.look("stopped");
  await ana.reads("You act for nobody any more.");
  await ana.open(`${server.issuer}/admin`);
  assert.equal(await ana.page.getByText("You are acting as").count(), 0, "she is herself again");
}

async function benReadsOfIt(ben, server) {
  await ben.open(`${server.issuer}/account/activity`);
  await ben.look("activity");
  await ben.reads(/ana, an administrator, began to act as you until .*: Ben sees an empty page/);
  await ben.reads(/ana, an administrator, was signed in to Team wiki as you/);
  await ben.reads(/ana, an administrator, acts as you no longer/);
}
