// Somebody with a plain browser: cookies, forms, no scripts. For tests that need a person but no screen.
import assert from "node:assert/strict";

export class Visitor {
  cookies = new Map();

  constructor(issuer) {
    this.issuer = issuer;
  }

  /** One request; redirects are answers, not followed. */
  async ask(address, { method = "GET", form } = {}) {
    const response = await fetch(new URL(address, this.issuer), {
      method,
      redirect: "manual",
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      body: form && new URLSearchParams(form),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status: response.status, location: response.headers.get("location"), headers: response.headers, body: await response.text() };
  }

  /** Follows redirects on the server itself until there is a page, or until one leads away; that one is the answer. */
  async travel(address, options) {
    let answer = await this.ask(address, options);
    for (let hops = 0; hops < 8 && answer.location; hops++) {
      const to = new URL(answer.location, this.issuer);
      if (to.origin !== new URL(this.issuer).origin) return { ...answer, away: to };
      answer = await this.ask(to);
    }
    return answer;
  }

  /** Fills in the form of a page, presses a button (a name and a value) and travels on. */
  async submit(page, fields) {
    const form = /<form[^>]*method="post"[^>]*>.*?<\/form>/s.exec(page.body)?.[0];
    assert.ok(form, `there is a form: ${page.status} ${page.body}`);
    const action = unescape(/<form[^>]* action="([^"]*)"/.exec(form)[1]);
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name, unescape(value)]);
    return this.travel(action, { method: "POST", form: { ...Object.fromEntries(hidden), ...fields } });
  }

  /** Signs in at the server's own page. */
  async signIn(username, password) {
    const answer = await this.submit(await this.travel("/login"), { username, password });
    assert.equal(answer.status, 200, `${username} is signed in: ${answer.body}`);
  }
}

const unescape = (text) =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|amp|lt|gt|quot);/gi, (all, decimal, hex) =>
    decimal ? String.fromCharCode(decimal) : hex ? String.fromCharCode(parseInt(hex, 16)) : { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' }[all.toLowerCase()]);
