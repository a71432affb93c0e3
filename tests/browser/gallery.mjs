// Looks at every drawn page in Chromium: axe in light and dark, no sideways scrolling at 320 px, nothing refused by the
// content security policy.
//
//   GALLERY_OUT=/tmp/gallery cargo test --test gallery
//   node gallery.mjs /tmp/gallery [--only TEXT] [--shots FOLDER] [--js off] [--unsure] [--narrow]
//
// Exits 1 when anything is wrong. Screenshots are for people; no test compares them.
import { createServer } from "node:http";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import { COLOURS, EVERYTHING, examine } from "./axe.mjs";
import { NARROW, openBrowser } from "./chromium.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" }, shots: { type: "string" }, js: { type: "string", default: "on" }, unsure: { type: "boolean" }, narrow: { type: "boolean" } },
});
const folder = positionals[0] ?? process.env.GALLERY_OUT;
if (!folder) {
  console.error("Name the folder of drawn pages: node gallery.mjs FOLDER");
  process.exit(2);
}

const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'; form-action 'self' https://wiki.example.org";
// Mail programs take no stylesheets from elsewhere: letters bring their own.
const OF_LETTERS = "default-src 'none'; style-src 'unsafe-inline'";
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };

const WIDE = 1280;
const HEIGHT = 820;

const server = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  try {
    // The form-post page would leave before it can be looked at.
    const body = /form-post\.[0-9a-f]+\.js$/.test(path) ? "" : await readFile(join(folder, path));
    response.writeHead(200, {
      "content-type": TYPES[extname(path)] ?? "text/plain",
      "content-security-policy": path.startsWith("/letter.") ? OF_LETTERS : POLICY,
      "cache-control": extname(path) === ".html" ? "no-store" : "max-age=3600",
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const home = `http://127.0.0.1:${server.address().port}`;

const faults = [];
let looked = 0;
const pages = (await readdir(folder)).filter((name) => name.endsWith(".html") && name.includes(options.only)).sort();
if (options.shots) await mkdir(options.shots, { recursive: true });

// One for each processor of a small machine.
const LOOKERS = 2;
await Promise.all(Array.from({ length: LOOKERS }, (_, nth) => look(pages.filter((_, page) => page % LOOKERS === nth))));
server.close();

for (const words of faults) console.error(words);
console.log(`${pages.length} pages, ${looked} views, ${faults.length} faults`);
process.exit(faults.length || !pages.length ? 1 : 0);

async function look(pages) {
  const { context, close } = await openBrowser({
    // No name but ours is looked up: nothing leaves this machine.
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
    viewport: { width: WIDE, height: HEIGHT },
    javaScriptEnabled: options.js !== "off",
  });
  const page = await context.newPage();
  let where = "";
  const fault = (words) => faults.push(`${where}: ${words}`);
  page.on("console", (message) => {
    if (/Content Security Policy|Content-Security-Policy/.test(message.text())) fault(message.text());
  });
  page.on("pageerror", (error) => fault(`script error: ${error.message}`));

  for (const name of pages) {
    where = name;
    await page.goto(`${home}/${encodeURIComponent(name)}`, { waitUntil: "load" });
    for (const width of [WIDE, NARROW]) {
      await page.setViewportSize({ width, height: HEIGHT });
      for (const colorScheme of ["light", "dark"]) {
        where = `${name} (${colorScheme}, ${width})`;
        await page.emulateMedia({ colorScheme });
        await judge(page, colorScheme, width, fault);
        looked += 1;
        if (options.shots) {
          await page.screenshot({ path: join(options.shots, name.replace(/html$/, `${colorScheme}-${width}.png`)), fullPage: true });
        }
      }
    }
  }
  await close();
}

// No page is wider than its window. In the dark only the colours are other ones; narrow pages are audited when that is asked
// for.
async function judge(page, colorScheme, width, fault) {
  if (options.js === "off") return;
  const { content, view } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, view: innerWidth }));
  if (content > view) fault(`scrolls sideways by ${content - view} px`);
  if (width === NARROW && !options.narrow) return;
  const { violations, incomplete } = await examine(page, colorScheme === "dark" ? COLOURS : EVERYTHING);
  violations.forEach(fault);
  if (options.unsure) incomplete.forEach((words) => console.log(`unsure: ${words}`));
}
