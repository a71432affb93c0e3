// Debian's Chromium, calm and by itself: it asks nobody for updates, moves nothing, and keeps what it keeps in a folder of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** The narrowest window that everything must fit into, in pixels. */
export const NARROW = 320;

/** A browser with nothing in it: its `context`, and `close()`. `options` are Playwright's, with more `args` where they are wanted. */
export async function openBrowser({ args = [], ...options }) {
  const profile = await mkdtemp(join(tmpdir(), "countersign-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...FLAGS, ...args],
    reducedMotion: "reduce",
    ...options,
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, close };
}
