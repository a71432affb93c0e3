// The built program in a directory of its own, for tests written in JavaScript.
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const target = join(root, "target");

/** The binary to test: `COUNTERSIGN_BIN`, else whichever of the release and the debug build is newer. */
export function binary() {
  if (process.env.COUNTERSIGN_BIN) return process.env.COUNTERSIGN_BIN;
  const built = ["release", "debug"].map((profile) => join(target, profile, "countersign")).filter(existsSync);
  if (built.length === 0) throw new Error("there is no built program: run `cargo build --release` first");
  return built.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

/**
 * Starts `countersign serve` and waits for its one line.
 *
 * `declared` is the text of a declared state, or nothing; `data` an existing data directory, or nothing for a fresh one.
 * The answer knows `issuer`, `setupLink` (of a fresh store), `log()` and how to `stop()`, `kill()` and be `forgotten()`.
 */
export async function serve({ declared, data, listen = "127.0.0.1:0", args = [] } = {}) {
  await mkdir(join(target, "tmp"), { recursive: true });
  const home = data ? undefined : await mkdtemp(join(target, "tmp/server-"));
  const folder = data ?? join(home, "data");
  const command = ["serve", "--data", folder, "--listen", listen, ...args];
  if (declared !== undefined) {
    const file = join(home ?? folder, "declared.toml");
    await writeFile(file, declared);
    command.push("--apply", file);
  }
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("COUNTERSIGN_")));
  const child = spawn(binary(), command, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  let log = "";
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const address = await new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
      const line = /^listening on https?:\/\/(\S+)\n/m.exec(said);
      if (line) resolve(line[1]);
    });
    ended.then((how) => reject(new Error(`the program ended (${how}) before it listened:\n${said}${log}`)));
  });
  const end = (signal) => (child.kill(signal), ended);
  return {
    address,
    child,
    data: folder,
    issuer: `http://localhost:${address.split(":").at(-1)}`,
    get setupLink() {
      return /https?:\/\/\S+\/setup\S*/.exec(log)?.[0];
    },
    log: () => log,
    said: () => said,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    /** Ends it and removes what it kept. */
    async forgotten() {
      await end("SIGKILL");
      if (home) await rm(home, { recursive: true, force: true });
    },
  };
}

/** A port that is free now; for addresses that must be known before anybody listens there. */
export async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** The text of a file below the repository's root. */
export const readRepositoryFile = (path) => readFile(join(root, path), "utf8");
