// From nothing to a signed-in application, and out again: one walk, four ways of using the web.
import assert from "node:assert/strict";
import test from "node:test";
import { serve } from "../../common/server.mjs";
import { Person } from "./person.mjs";
import * as steps from "./steps.mjs";
import { startWiki } from "./wiki.mjs";

const WAYS = [
  { name: "wide", words: "with a mouse on a wide screen" },
  { name: "no-scripts", words: "without JavaScript", scripts: false },
  { name: "keyboard", words: "with the keyboard alone", keyboard: true },
  { name: "narrow", words: "on a screen 320 pixels wide", narrow: true },
];

for (const way of WAYS) {
  test(`from the set-up link to a signed-in application and out again, ${way.words}`, { timeout: 420_000 }, async () => {
    const server = await serve();
    const wiki = await startWiki();
    const ana = await Person.sitDown(way);
    try {
      await walk(ana, server, wiki);
    } catch (error) {
      await ana.look("where-it-broke").catch(() => {});
      error.message += `\nat ${ana.page.url()}\nthe wiki: ${wiki.failures.map(String)}\nthe server's last words:\n${tail(server.log())}`;
      throw error;
    } finally {
      await wiki.close();
      await server.forgotten();
      await ana.context.close();
    }
    assert.deepEqual(wiki.failures, []);
    await ana.standUp();
  });
}

async function walk(ana, server, wiki) {
  await steps.becomesTheFirstAdministrator(ana, server);
  const { clientId, secret } = await steps.registersTheWiki(ana, wiki);
  await wiki.connect(server.issuer, clientId, secret);
  await steps.signsInToTheWiki(ana, wiki);
  await steps.goesRoundTheConsole(ana, server);
  await steps.keepsTheAccount(ana, server, wiki);
  await steps.signsOut(ana, server);
  await steps.signsInAfresh(ana, wiki);
  await steps.signsOutFromTheWiki(ana, wiki);
}

const tail = (text) => text.split("\n").slice(-15).join("\n");
