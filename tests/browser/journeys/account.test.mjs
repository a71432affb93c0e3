// What people do about their own account: an authenticator and recovery codes, how pages look, their data, and leaving.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import test from "node:test";
import { serve } from "../../common/server.mjs";
import { Person } from "./person.mjs";
import * as steps from "./steps.mjs";

const WAYS = [
  { name: "account-wide", words: "with a mouse on a wide screen" },
  { name: "account-no-scripts", words: "without JavaScript", scripts: false },
  { name: "account-keyboard", words: "with the keyboard alone", keyboard: true },
];

for (const way of WAYS) {
  test(`an account is protected, looked at, taken along and left, ${way.words}`, { timeout: 300_000 }, async () => {
    const server = await serve();
    const ana = await Person.sitDown(way);
    try {
      await steps.becomesTheFirstAdministrator(ana, server);
      await choosesColours(ana, server);
      await cannotLeaveAsTheLastAdministrator(ana, server);
      const ben = await invitesBen(ana, server);
      const authenticator = await setsUpAnAuthenticator(ana, server);
      await steps.signsOut(ana, server);
      await signsInWithACode(ana, server, authenticator);
      await steps.signsOut(ana, server);
      await benLeaves(ana, server, ben);
    } catch (error) {
      await ana.look("where-it-broke").catch(() => {});
      error.message += `\nat ${ana.page.url()}\nthe server's last words:\n${server.log().split("\n").slice(-15).join("\n")}`;
      throw error;
    } finally {
      await server.forgotten();
      await ana.context.close();
    }
    await ana.standUp();
  });
}

async function setsUpAnAuthenticator(ana, server) {
  await ana.open(`${server.issuer}/account`);
  await ana.look("account");
  await ana.press("link", "See authenticator");
  await ana.look("authenticator-none");
  await ana.press("button", "Set up an authenticator");
  await ana.look("authenticator-enrolling");
  assert.ok(await ana.page.getByRole("img", { name: "QR code for your authenticator" }).isVisible());
  const key = (await ana.page.locator("#key").innerText()).replaceAll(" ", "");
  await ana.fill("Code", "000 000");
  await ana.press("button", "Turn it on");
  await ana.look("authenticator-refused");
  assert.match(await ana.page.title(), /^Error: /, "a wrong code is refused, and the title says so");
  await ana.fill("Code", code(key));
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
  return { key, codes };
}

/** The code of RFC 6238 for a key in base32, `steps` away from now. */
function code(key, steps = 0) {
  const bits = [...key].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const seed = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const digest = createHmac("sha1", seed).update(counter).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
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

async function signsInWithACode(ana, server, { key }) {
  await ana.open(`${server.issuer}/login`);
  await ana.fill("Username or email address", "ana");
  await ana.fill("Password", steps.PASSWORD);
  await ana.press("button", "Sign in");
  await ana.look("second-factor");
  // The code that enrolled it is used up; a clock may be a step ahead.
  await ana.fill("Code", code(key, 1));
  await ana.press("button", "Sign in");
  await ana.open(`${server.issuer}/account`);
  assert.equal(await ana.headline(), "ana", "she is in");
}

async function benLeaves(ana, server, link) {
  await ana.open(link);
  await ana.fill("New password", "four quiet otters skate");
  await ana.press("button", "Set password");
  await ana.fill("Username or email address", "ben");
  await ana.fill("Password", "four quiet otters skate");
  await ana.press("button", "Sign in");
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
  await ana.fill("Username or email address", "ben");
  await ana.fill("Password", "four quiet otters skate");
  await ana.press("button", "Sign in");
  assert.match(await ana.page.title(), /^Error: /, "there is no such account any more");
}
