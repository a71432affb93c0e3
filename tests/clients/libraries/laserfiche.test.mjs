// npm @laserfiche/lf-api-client-core, unmodified, over TLS: only the host is another.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { binary, freePort, root, serve, target } from "../../common/server.mjs";
import { REDIRECT_URI, SECRET, declared } from "../declared.mjs";

const run = promisify(execFile);

const laserfiche = `${declared}
[[scopes]]
name = "reports"
description = "See reports"

[[clients]]
id = "lf-service"
name = "Repository service"
type = "service"
dialects = ["laserfiche"]
secret = "${SECRET}"
scopes = ["reports"]
account_id = "123456789"

[[clients]]
id = "lf-web"
name = "Repository on the web"
type = "web"
dialects = ["laserfiche"]
secret = "${SECRET}"
redirect_uris = ["${REDIRECT_URI}"]
scopes = ["openid", "profile"]
consent = "skip"

[[clients]]
id = "lf-page"
name = "Repository in the browser"
type = "spa"
dialects = ["laserfiche"]
redirect_uris = ["${REDIRECT_URI}"]
scopes = ["openid", "profile"]
consent = "skip"
`;

test("services, web applications and single pages of npm @laserfiche/lf-api-client-core", async (t) => {
  const home = await mkdtemp(join(target, "tmp-laserfiche-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const [certificate, privateKey, config] = ["cert.pem", "key.pem", "countersign.toml"].map((name) => join(home, name));
  await run("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=signin.localhost".split(" "),
    ..."-addext subjectAltName=DNS:signin.localhost -addext basicConstraints=critical,CA:TRUE".split(" "),
    ...["-keyout", privateKey, "-out", certificate],
  ]);
  await writeFile(config, `tls_cert = "${certificate}"\ntls_key = "${privateKey}"\n`);
  const port = await freePort();
  const issuer = `https://signin.localhost:${port}`;
  const args = ["--issuer", issuer, "--config", config];
  const server = await serve({ declared: laserfiche, listen: `127.0.0.1:${port}`, args });
  t.after(() => server.forgotten());

  const exported = await run(binary(), ["client", "access-key", "lf-service", "--data", server.data, "--config", config]);
  const accessKey = /[A-Za-z0-9+/]{100,}={0,2}/.exec(exported.stdout)?.[0];
  assert.ok(accessKey, `an access key is printed: ${exported.stdout}${exported.stderr}`);
  assert.equal(JSON.parse(Buffer.from(accessKey, "base64")).domain, "localhost");

  // The library is written for bundlers; bundling changes none of it.
  const scenario = join(home, "scenario.mjs");
  const from = join(root, "tests/clients/libraries/laserfiche/scenario.mjs");
  await build({ entryPoints: [from], bundle: true, platform: "node", format: "esm", outfile: scenario, logLevel: "error" });
  const env = { ...process.env, ISSUER: issuer, ACCESS_KEY: accessKey, NODE_EXTRA_CA_CERTS: certificate };
  const said = await run(process.execPath, [scenario], { env }).catch((failed) => failed);
  assert.match(said.stdout, /the library is content/, `${said.stdout}${said.stderr}`);
});
