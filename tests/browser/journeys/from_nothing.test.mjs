// From nothing to a signed-in application, and out again: one walk, four ways of using the web.
import assert from "node:assert/strict";
import { KEYBOARD, NARROW, NO_SCRIPTS, WIDE, journey } from "./journey.mjs";
import * as steps from "./steps.mjs";
import { startWiki } from "./wiki.mjs";

journey("from the set-up link to a signed-in application and out again", {
  name: "from-nothing",
  ways: [WIDE, NO_SCRIPTS, KEYBOARD, NARROW],
  minutes: 7,
  beside: async () => ({ wiki: await startWiki() }),
}, async ({ ana, server, wiki }) => {
  await steps.becomesTheFirstAdministrator(ana, server);
  const { clientId, secret } = await steps.registersTheWiki(ana, wiki);
  await wiki.connect(server.issuer, clientId, secret);
  await steps.signsInToTheWiki(ana, wiki);
  await steps.goesRoundTheConsole(ana, server);
  await steps.keepsTheAccount(ana, server, wiki);
  await steps.signsOut(ana, server);
  await steps.signsInAfresh(ana, wiki);
  await steps.signsOutFromTheWiki(ana, wiki);
  assert.deepEqual(wiki.troubles, []);
});
