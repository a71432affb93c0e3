// How quickly the release build starts, and what it weighs. Prints figures beside their bars; a slow machine fails nothing.
//
//   node tests/measure/startup.mjs [--users 100000]
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { binary, serve, target } from "../common/server.mjs";

const { values: options } = parseArgs({ options: { users: { type: "string", default: "100000" } } });
const USERS = Number(options.users);
const STARTS = 15;

const home = await mkdtemp(join(target, "startup-"));
await ask(new URL("http://127.0.0.1:1/")).catch(() => {}); // Node loads what it needs for a request

const rows = [];
await freshStore();
await manyUsers();
rows.push(["release binary", `${((await stat(binary())).size / 1e6).toFixed(1)} MB`, "25 MB"]);
await rm(home, { recursive: true, force: true });
console.table(rows.map(([what, figure, bar]) => ({ what, figure, bar })));

/** Cold starts on a store that holds its keys and nothing else. */
async function freshStore() {
  const data = join(home, "fresh");
  await (await serve({ data })).stop();
  const starts = await startOften(data, (server) => server.stop(), ["resident memory, idle", "30 MB"]);
  rows.push(["cold start to the first answer, fresh store", figures(starts), "100 ms"]);
}

/** Starts after `kill -9` on a store with many users, killed while somebody writes. */
async function manyUsers() {
  const data = join(home, "many");
  const file = join(home, "many.toml");
  const users = Array.from({ length: USERS }, (_, i) => `[[users]]\nusername = "person${i}"\nemail = "person${i}@example.org"\n`);
  await writeFile(file, users.join("\n"));
  const began = performance.now();
  const first = await serve({ data, args: ["--apply", file] });
  rows.push([`first start, declaring ${USERS} users`, `${((performance.now() - began) / 1000).toFixed(1)} s`, ""]);
  await first.kill();
  const starts = await startOften(data, (server) => server.kill(), [`resident memory, idle, ${USERS} users`, ""]);
  rows.push([`start to the first answer after kill -9, ${USERS} users`, figures(starts), "1000 ms"]);
}

/** How long each start took; the last server shows its memory before it ends. */
async function startOften(data, end, [memory, bar]) {
  const starts = [];
  for (let i = 0; i < STARTS; i++) {
    const { milliseconds, server } = await start(data);
    starts.push(milliseconds);
    if (i === STARTS - 1) {
      await sleep(3000);
      rows.push([memory, `${await resident(server)} MB`, bar]);
    }
    await end(server);
  }
  return starts;
}

async function start(data) {
  const began = performance.now();
  const server = await serve({ data });
  await ask(new URL(`http://${server.address}/.well-known/openid-configuration`));
  return { milliseconds: performance.now() - began, server };
}

function ask(url) {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume().on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${url}: ${response.statusCode}`))));
    }).on("error", reject);
  });
}

async function resident(server) {
  const status = await readFile(`/proc/${server.child.pid}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1000).toFixed(1);
}

function figures(times) {
  times.sort((a, b) => a - b);
  return `median ${times[Math.floor(times.length / 2)].toFixed(1)} ms, worst ${times.at(-1).toFixed(1)} ms`;
}
