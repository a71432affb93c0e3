// How quickly the console's lists come from a store with many people and applications. Prints medians; judges nothing.
//
//   node tests/measure/lists.mjs [--users 100000] [--clients 5000] [--rounds 30]
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { serve, target } from "../common/server.mjs";
import { Visitor } from "../common/visitor.mjs";

const number = (value) => ({ type: "string", default: String(value) });
const { values: options } = parseArgs({ options: { users: number(100_000), clients: number(5_000), rounds: number(30) } });
const [USERS, CLIENTS, ROUNDS] = [options.users, options.clients, options.rounds].map(Number);
const PASSWORD = "a lamp and seven quiet herons";
const GROUPS = 60;

const home = await mkdtemp(join(target, "lists-"));
const server = await declared();
try {
  const ada = new Visitor(server.issuer);
  await ada.signIn("ada", PASSWORD);
  await failedSignIns();
  const middle = await walk(ada, "/admin/people", Math.min(40, Math.floor(USERS / 100)));
  const late = await walk(ada, "/admin/applications", Math.min(40, Math.floor(CLIENTS / 100)));
  const rows = [];
  for (const [what, path] of [
    ["overview", "/admin"],
    ["people, first page", "/admin/people"],
    ["people, a page in the middle", middle],
    ["people by first name", "/admin/people?q=given7"],
    ["people by one address", `/admin/people?q=person${USERS - 1}@example.org`],
    ["people, everybody matches", "/admin/people?q=person"],
    ["people, nobody matches", "/admin/people?q=zebra"],
    ["applications, first page", "/admin/applications"],
    ["applications, a page in the middle", late],
    ["applications by name", `/admin/applications?q=application`],
    ["groups", "/admin/groups"],
    ["activity", "/admin/activity"],
    ["activity of one kind", "/admin/activity?kind=sign_in_failed"],
    ["activity of one person", "/admin/activity?person=ada"],
    ["keys", "/admin/keys"],
    ["liveness, for comparison", "/healthz"],
  ]) {
    rows.push({ what, ...(await time(ada, path)) });
  }
  console.log(`${USERS} people, ${CLIENTS} applications, ${GROUPS} groups; ${ROUNDS} rounds`);
  console.table(rows);
} finally {
  await server.forgotten();
  await rm(home, { recursive: true, force: true });
}

/** A server with everything declared: the first group has everybody, the others a few. */
async function declared() {
  const out = [`[[users]]\nusername = "ada"\npassword = "${PASSWORD}"\nadmin = true\n`];
  for (let i = 0; i < GROUPS; i++) out.push(`[[groups]]\nname = "group${i}"\n`);
  for (let i = 0; i < USERS; i++) {
    const groups = i % 50 === 0 ? `"group0", "group${1 + (i % (GROUPS - 1))}"` : '"group0"';
    out.push(`[[users]]\nusername = "person${i}"\nemail = "person${i}@example.org"\nprofile = { given_name = "Given${i % 100}", family_name = "Family${i}" }\ngroups = [${groups}]\n`);
  }
  for (let i = 0; i < CLIENTS; i++) {
    out.push(`[[clients]]\nid = "client${i}"\nname = "Application ${i}"\ntype = "spa"\nredirect_uris = ["https://client${i}.example.org/callback"]\n`);
    out.push(`groups = ["group${i % 2}"]\n`);
  }
  const file = join(home, "declared.toml");
  await writeFile(file, out.join(""), { mode: 0o600 });
  const began = performance.now();
  const server = await serve({ data: join(home, "data"), args: ["--apply", file] });
  console.log(`declared in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return server;
}

/** Something for Activity to filter by. */
async function failedSignIns() {
  const stranger = new Visitor(server.issuer);
  for (let i = 0; i < 5; i++) await stranger.submit(await stranger.travel("/login"), { username: `person${i}`, password: "wrong" });
}

/** The address of a page further on, found as a reader finds it. */
async function walk(visitor, path, pages) {
  for (let i = 0; i < pages; i++) {
    const { body } = await visitor.ask(path);
    const next = /<a [^>]*href="([^"]*[?&;]after=[^"]*)"/.exec(body)?.[1];
    if (!next) return path;
    path = next.replaceAll("&#38;", "&").replaceAll("&amp;", "&").replaceAll("&#61;", "=");
  }
  return path;
}

async function time(visitor, path) {
  const times = [];
  let bytes = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now();
    const { status, body } = await visitor.ask(path);
    times.push(performance.now() - began);
    if (status !== 200) throw new Error(`${path}: ${status}`);
    bytes = body.length;
  }
  times.sort((a, b) => a - b);
  const at = (share) => `${times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1)} ms`;
  return { median: at(0.5), "95 %": at(0.95), kB: (bytes / 1000).toFixed(1) };
}
