// The frame of a journey: people sit down at a server of its own, walk, and leave. What breaks is told with where it broke.
import test from "node:test";
import { serve } from "../../common/server.mjs";
import { LAST, Person } from "./person.mjs";

/** Ways of using the web. */
export const WIDE = { way: "wide", words: "with a mouse on a wide screen" };
export const NARROW = { way: "narrow", words: "on a screen 320 pixels wide", narrow: true };
export const NO_SCRIPTS = { way: "no-scripts", words: "without JavaScript", scripts: false };
export const KEYBOARD = { way: "keyboard", words: "with the keyboard alone", keyboard: true };

/**
 * A test for each of `ways`, in which `walk({ server, ...people, ...beside })` is walked in at most so many `minutes`.
 *
 * `name` begins the names of the pictures. `people` come along, in browsers of their own. `beside` makes what else must be
 * there, before the server: an object of things to walk with. Each is ended by its `close()`, where it has one, and may say
 * in `troubles` what went wrong with it. `options(beside)` says how the server is started.
 */
export function journey(title, { name, ways, minutes = 5, people = ["ana"], beside = async () => ({}), options = () => ({}) }, walk) {
  for (const way of ways) {
    test(`${title}, ${way.words}`, { timeout: minutes * 60_000 }, async () => {
      const things = await beside();
      const there = {};
      let server;
      try {
        server = await serve(options(things));
        for (const person of people) there[person] = await Person.sitDown({ ...way, name: pictures(name, way, people, person) });
        await walk({ server, ...there, ...things });
      } catch (error) {
        error.message += await whereItBroke(there, things, server);
        throw error;
      } finally {
        for (const thing of Object.values(things)) await thing.close?.();
        await server?.forgotten();
        for (const person of Object.values(there)) await person.close();
      }
      for (const person of Object.values(there)) person.standUp();
    });
  }
}

/** What everybody and everything had come to, with a last picture of each screen. */
async function whereItBroke(there, things, server) {
  const words = [];
  for (const [name, person] of Object.entries(there)) {
    await person.look(LAST).catch(() => {});
    words.push(`${name} at ${person.page.url()}`);
  }
  for (const [name, { troubles }] of Object.entries(things)) if (troubles) words.push(`the ${name}: ${troubles.map(String)}`);
  if (server) words.push("the server's last words:", ...server.log().split("\n").slice(-15));
  return `\n${words.join("\n")}`;
}

/** The folder of somebody's pictures. */
function pictures(name, { way }, people, person) {
  return [name, way, ...(people.length > 1 ? [person] : [])].join("-");
}
