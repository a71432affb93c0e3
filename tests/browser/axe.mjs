// axe on a page in Chromium, in a world of its own: the page's content security policy stays as it is.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Everything that axe can tell. */
export const EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What depends on colours: all that can differ between light and dark. */
export const COLOURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/** What is wrong with `page` (`violations`) and what axe could not tell (`incomplete`), each a text with its places. */
export async function examine(page, rules = EVERYTHING) {
  const session = await sessionOf(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
  const run = async (expression) => {
    const answer = await session.send("Runtime.evaluate", { expression, contextId, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? "axe failed");
    return answer.result.value;
  };
  // The world lasts as long as the page, and axe with it.
  if (!(await run("typeof axe === 'object'"))) await run(`${axe}; null`);
  const found = JSON.parse(
    await run(`axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ["violations", "incomplete"] })
      .then((r) => JSON.stringify({ violations: r.violations, incomplete: r.incomplete }))`),
  );
  return { violations: found.violations.map(told), incomplete: found.incomplete.map(told) };
}

// One session a page, for as long as it is open: one that leaves takes the page's virtual authenticator with it.
const sessions = new WeakMap();
async function sessionOf(page) {
  if (!sessions.has(page)) sessions.set(page, await page.context().newCDPSession(page));
  return sessions.get(page);
}

const told = (rule) => `${rule.id}: ${rule.help}${rule.nodes.map(place).join("")}`;
const place = (node) => `\n    ${node.html.slice(0, 160)} ${[...node.any, ...node.all, ...node.none][0]?.message ?? ""}`;
