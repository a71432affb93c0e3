// The Rust crate openidconnect, as it comes, against the real server. The program is in tests/clients/rust; this test
// is the person in front of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { root, serve, target } from "../../common/server.mjs";
import { Visitor } from "../../common/visitor.mjs";
import { PASSWORD, REDIRECT_URI, SECRET, SIGNED_OUT_URI, declared } from "../declared.mjs";

const project = join(root, "tests/clients/rust/Cargo.toml");
const buildFolder = join(target, "relying-party");

let server;
before(async () => {
  const build = spawn("cargo", ["build", "--quiet", "--locked", "--manifest-path", project, "--target-dir", buildFolder], { stdio: "inherit" });
  assert.equal((await once(build, "exit"))[0], 0, "the relying party builds");
  server = await serve({ declared });
});
after(async () => server?.forgotten());

for (const id of ["web", "es256", "eddsa", "opaque"]) {
  test(`sign-in, userinfo, refresh, introspection and sign-out as the application '${id}'`, { timeout: 60_000 }, async () => {
    const program = spawn(join(buildFolder, "debug/relying-party"), [server.issuer, id, SECRET, REDIRECT_URI, SIGNED_OUT_URI], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let complaint = "";
    program.stderr.on("data", (text) => (complaint += text));
    const ended = once(program, "exit");
    const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();

    const ana = new Visitor(server.issuer);
    const { value: leave } = await lines.next();
    assert.ok(leave, complaint);
    const { away } = await ana.submit(await ana.travel(leave), { username: "ana", password: PASSWORD });
    assert.ok(away, "ana comes back from signing in");
    program.stdin.end(`${away}\n`);

    const { value: farewell } = await lines.next();
    assert.equal((await ended)[0], 0, complaint);
    const gone = await ana.travel(farewell);
    assert.equal(String(gone.away), `${SIGNED_OUT_URI}?state=left`);
  });
}

test("the small application of the README", { timeout: 60_000 }, async () => {
  const program = spawn(join(buildFolder, "debug/try_sign_in"), [server.issuer, "readme", SECRET], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  program.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(program, "exit");
  while (!said.includes("Waiting on")) await once(program.stdout, "data");

  const ana = new Visitor(server.issuer);
  const asked = await ana.submit(await ana.travel(/http\S+authorize\S+/.exec(said)[0]), { username: "ana", password: PASSWORD });
  const { away } = await ana.submit(asked, { answer: "continue" });
  await fetch(away);
  assert.equal((await ended)[0], 0, said);
  assert.match(said, /Signed in: ana \(ana@example\.org\), subject \S+/);
});
