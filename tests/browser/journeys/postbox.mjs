// A mail server on this machine: it takes every letter and keeps it.
import { createServer } from "node:net";

export async function startPostbox() {
  const letters = [];
  let arrived = () => {};
  const server = createServer((socket) => {
    let rest = "";
    let message;
    socket.on("error", () => {});
    const say = (words) => socket.write(`${words}\r\n`);
    say("220 postbox ready");
    socket.setEncoding("utf8").on("data", (text) => {
      rest += text;
      for (let end; (end = rest.indexOf("\r\n")) >= 0; ) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (message) {
          if (line !== ".") message.push(line.replace(/^\.\./, "."));
          else {
            letters.push(letter(message));
            message = undefined;
            say("250 taken");
            arrived();
          }
        } else if (/^DATA/i.test(line)) {
          message = [];
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say(/^EHLO/i.test(line) ? "250-postbox\r\n250 8BITMIME" : "250 ok");
      }
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    port: server.address().port,
    letters,
    /** The first letter whose subject begins so, once it is there. */
    async waitsFor(subject) {
      for (;;) {
        const found = letters.find((one) => one.subject.startsWith(subject));
        if (found) return found;
        await new Promise((resolve) => (arrived = resolve));
      }
    },
    close: () => new Promise((closed) => server.close(closed)),
  };
}

function letter(lines) {
  const text = lines.join("\n");
  const header = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
  const plain = text.replaceAll("=\n", "").replaceAll("=3D", "=");
  return { to: header("To"), subject: header("Subject"), text: plain, link: /https?:\/\/\S+\?token=\S+/.exec(plain)?.[0] };
}
