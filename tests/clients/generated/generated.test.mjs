// Clients generated from the committed OpenAPI document obtain, introspect and revoke a token from the real server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { root, serve, target } from "../../common/server.mjs";
import { SECRET, declared } from "../declared.mjs";

const DOCUMENT = join(root, "openapi/oidc.json");
const here = join(root, "tests/clients");
const work = join(target, "generated");
const venv = join(target, "venv/bin");

let server;
before(async () => {
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  server = await serve({ declared });
});
after(async () => server?.forgotten());

test("openapi-python-client", { timeout: 120_000 }, async () => {
  const folder = join(work, "python");
  await mkdir(folder);
  const output = join(folder, "countersign_client");
  await run(join(venv, "openapi-python-client"), ["generate", "--path", DOCUMENT, "--output-path", output, "--meta", "none", "--fail-on-warning"]);
  const said = await run(join(venv, "python"), [join(here, "generated/obtain.py"), server.issuer, "robot", SECRET], { PYTHONPATH: folder });
  assert.match(said, /obtained, introspected, revoked/);
});

test("@hey-api/openapi-ts", { timeout: 120_000 }, async () => {
  const folder = join(work, "typescript");
  const bin = join(here, "node_modules/.bin");
  await run(join(bin, "openapi-ts"), ["--input", DOCUMENT, "--output", join(folder, "client"), "--client", "@hey-api/client-fetch", "--no-log-file"]);
  for (const file of ["obtain.ts", "tsconfig.json"]) await cp(join(here, "generated", file), join(folder, file));
  await run(join(bin, "tsc"), ["--project", folder, "--outDir", join(work, "javascript")]);
  const said = await run(process.execPath, [join(work, "javascript/obtain.js"), server.issuer, "robot", SECRET]);
  assert.match(said, /obtained, introspected, revoked/);
});

async function run(command, args, environment = {}) {
  const env = { ...process.env, ...environment, PATH: `${venv}${delimiter}${process.env.PATH}` };
  try {
    const { stdout } = await promisify(execFile)(command, args, { env, cwd: work, maxBuffer: 1e7 });
    return stdout;
  } catch (error) {
    assert.fail(`${command} ${args.join(" ")}:\n${error.stdout}\n${error.stderr}`);
  }
}
