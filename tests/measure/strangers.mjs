// Whether the time of an answer tells who has an account: interleaved pairs of somebody known and somebody unknown, with a
// wrong password at the sign-in page, at the page that mails a way back in, and at the one that mails a code. Prints figures
// beside their bar.
//
//   node tests/measure/strangers.mjs [--pairs 500]
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { binary, serve, target } from "../common/server.mjs";

const { values: options } = parseArgs({ options: { pairs: { type: "string", default: "500" } } });
const PAIRS = Number(options.pairs);

const home = await mkdtemp(join(target, "strangers-"));
const config = join(home, "countersign.toml");
// Every request comes from a network of its own, so that no limit speaks first. Nobody takes the letters.
await writeFile(config, `trusted_proxies = ["127.0.0.0/8", "::1/128"]\n[smtp]\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\nfrom = "id@example.org"\n`);
const server = await serve({ declared: "[settings]\nsign_in_by_mail = true\n" + people(await hashOfToday()), args: ["--config", config] });
let networks = 0;

const rows = [
  await compare("sign-in, wrong password", "/login", (username) => ({ username, password: "no password of anybody here" })),
  await compare("reset by mail", "/reset", (username) => ({ username })),
  await compare("code by mail", "/login/mail", (username) => ({ username })),
];
console.table(rows);
await server.forgotten();
await rm(home, { recursive: true, force: true });

/** What a password is hashed to by this program, at this cost. */
async function hashOfToday() {
  const first = await serve({ declared: `[[users]]\nusername = "first"\npassword = "cobalt lantern harbour 27"\n` });
  const { stdout } = await promisify(execFile)(binary(), ["export", "--data", first.data]);
  await first.forgotten();
  return /password_hash = "([^"]+)"/.exec(stdout)[1];
}

function people(hash) {
  const one = (_, i) => `[[users]]\nusername = "known${i}"\nemail = "known${i}@example.org"\nemail_verified = true\npassword_hash = "${hash}"\n`;
  return Array.from({ length: PAIRS }, one).join("\n");
}

async function compare(what, path, form) {
  const times = { known: [], unknown: [] };
  for (let i = 0; i < PAIRS; i++) {
    for (const who of i % 2 ? ["known", "unknown"] : ["unknown", "known"]) {
      times[who].push(await time(path, form(`${who}${i}@example.org`)));
    }
  }
  const difference = Math.abs(median(times.known) - median(times.unknown));
  const apart = times.known.map((known, i) => known - times.unknown[i]);
  return {
    what,
    pairs: times.known.length,
    known: `${median(times.known).toFixed(2)} ms`,
    unknown: `${median(times.unknown).toFixed(2)} ms`,
    "difference of medians": `${difference.toFixed(2)} ms`,
    "median of differences": `${median(apart).toFixed(2)} ms`,
    bar: "5 ms",
  };
}

/** How long the answer to one form takes, sent by somebody who was never here. */
async function time(path, fields) {
  for (;;) {
    const { took, wait } = await send(path, fields);
    if (wait === undefined) return took;
    // Letters are bounded for everybody together.
    await setTimeout(1_000 * wait);
  }
}

/** Sends it: how long the answer took, or how many seconds to wait because a limit spoke. */
async function send(path, fields) {
  const network = networks++;
  const from = { "x-forwarded-for": `10.${(network >> 16) & 255}.${(network >> 8) & 255}.${network & 255}` };
  const page = await fetch(server.issuer + path, { headers: from });
  const cookie = page.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1];
  if (!csrf) throw new Error(`${path} has no form: ${page.status}`);
  const headers = { ...from, cookie, origin: server.issuer, "content-type": "application/x-www-form-urlencoded" };
  const began = performance.now();
  const reply = await fetch(server.issuer + path, { method: "POST", redirect: "manual", headers, body: new URLSearchParams({ ...fields, csrf }) });
  await reply.text();
  const took = performance.now() - began;
  if (reply.status === 429) return { wait: Number(reply.headers.get("retry-after") ?? 1) };
  if (reply.status >= 500) throw new Error(`${path}: ${reply.status}`);
  return { took };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
