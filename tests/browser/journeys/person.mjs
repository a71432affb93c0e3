// Somebody at a screen: with a mouse or only a keyboard, with scripts or without, on a wide screen or a narrow one. With
// PICTURES=1 in the environment, what they see is kept below target/screenshots.
import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { target } from "../../common/server.mjs";
import { COLOURS, EVERYTHING, examine } from "../axe.mjs";
import { NARROW, openBrowser } from "../chromium.mjs";

const PATIENCE = 30_000;
const PICTURES = process.env.PICTURES === "1";
/** The name of the picture that is kept of what went wrong. */
export const LAST = "where-it-broke";

export class Person {
  /** `scripts`, `keyboard`, `narrow`: how this person uses the web; `name` names the screenshots. */
  static async sitDown({ name, scripts = true, keyboard = false, narrow = false }) {
    const viewport = { width: narrow ? NARROW : 1200, height: 820 };
    const { context, close } = await openBrowser({ javaScriptEnabled: scripts, viewport, locale: "en-GB" });
    context.setDefaultTimeout(PATIENCE);
    const shots = join(target, "screenshots", name);
    await rm(shots, { recursive: true, force: true });
    await mkdir(shots, { recursive: true });
    return new Person({ context, close, scripts, keyboard, narrow, shots });
  }

  constructor(what) {
    Object.assign(this, what, { complaints: [], seen: [] });
    this.page = this.context.pages()[0];
    this.page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.complain(message.text());
    });
    this.page.on("pageerror", (error) => this.complain(`script error: ${error.message}`));
    this.page.on("response", (response) => {
      if (response.status() >= 500) this.complain(`${response.status()} for ${response.url()}`);
    });
  }

  async open(address) {
    await this.page.goto(address);
  }

  /** Presses a button or follows a link, and waits for the page that comes, unless it `stays`. */
  async press(role, name, { within = this.page, stays = false } = {}) {
    const thing = within.getByRole(role, { name, exact: typeof name === "string" });
    const came = stays ? Promise.resolve() : this.page.waitForEvent("framenavigated", { timeout: PATIENCE });
    came.catch(() => {});
    if (this.keyboard) {
      await this.tabTo(thing);
      await this.page.keyboard.press("Enter");
    } else {
      await thing.click();
    }
    await came;
    await this.page.waitForLoadState("load");
  }

  /** Goes to a place of the navigation; on a narrow screen it is behind the button Menu. */
  async goTo(place) {
    const menu = this.page.getByRole("button", { name: "Menu", exact: true });
    if (await menu.isVisible()) {
      if (this.keyboard) await this.tabTo(menu).then(() => this.page.keyboard.press("Enter"));
      else await menu.click();
    }
    await this.press("link", place, { within: this.page.locator("#places") });
  }

  async fill(label, text) {
    const field = this.page.getByLabel(label, { exact: true });
    if (!this.keyboard) return field.fill(text);
    await this.tabTo(field);
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.type(text);
  }

  /** Ticks or clears a box. */
  async tick(label) {
    const box = this.page.getByRole("checkbox", { name: label });
    if (!this.keyboard) return box.click();
    await this.tabTo(box);
    await this.page.keyboard.press("Space");
  }

  /** Tabs through the page until the thing has the focus, which must be visible. */
  async tabTo(thing) {
    await thing.waitFor({ state: "visible" });
    const limit = 200;
    for (let tabs = 0; tabs <= limit; tabs++) {
      if (await thing.evaluate((element) => element === document.activeElement)) return this.focusIsVisible(thing);
      await this.page.keyboard.press("Tab");
    }
    assert.fail(`the keyboard does not reach ${thing} in ${limit} steps on ${this.page.url()}`);
  }

  async focusIsVisible(thing) {
    const ring = await thing.evaluate((element) => {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      const covered = middle && middle !== element && !element.contains(middle) && !middle.contains(element);
      return { outlined: style.outlineStyle !== "none" || style.boxShadow !== "none", covered };
    });
    if (!ring.outlined) this.complain(`no focus ring on ${thing}`);
    if (ring.covered) this.complain(`the focus is covered on ${thing}`);
  }

  /** Looks at the page as a critic does: its width, its contrast, its words for machines. Keeps a picture where they are wanted. */
  async look(name) {
    this.seen.push(name);
    this.where = name;
    assert.match(await this.page.title(), /\S/, `${name} has a title`);
    await this.fits();
    for (const colorScheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme });
      // axe is a script: without scripts the same pages are looked at by their width only.
      if (this.scripts && !this.keyboard) await this.examine(colorScheme);
      if (!PICTURES && name !== LAST) continue;
      const number = String(this.seen.length).padStart(2, "0");
      await this.page.screenshot({ path: join(this.shots, `${number}-${name}-${colorScheme}.png`), fullPage: true });
    }
    await this.page.emulateMedia({ colorScheme: "light" });
  }

  async fits() {
    const wide = this.page.viewportSize();
    await this.page.setViewportSize({ width: NARROW, height: wide.height });
    const [needs, has] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    await this.page.setViewportSize(wide);
    if (needs > has) this.complain(`at ${NARROW} px it is ${needs} px wide`);
  }

  async examine(colorScheme) {
    const rules = colorScheme === "dark" ? COLOURS : EVERYTHING;
    for (const words of (await examine(this.page, rules)).violations) this.complain(`${colorScheme}: ${words}`);
  }

  async reads(words) {
    await this.page.getByText(words).first().waitFor({ state: "visible" });
  }

  async headline() {
    return (await this.page.locator("h1").innerText()).trim();
  }

  complain(words) {
    this.complaints.push(`${this.where ?? "the first page"}: ${words}`);
  }

  /** Whatever was wrong on the way is told now. */
  standUp() {
    assert.deepEqual(this.complaints, [], "something was wrong with the pages");
  }
}
