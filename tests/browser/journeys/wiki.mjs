// A small application that people sign in to, made with an unmodified client library (npm openid-client).
import { createServer } from "node:http";
import * as oidc from "openid-client";

/** Starts the application on loopback; it learns its issuer and secret later, in `connect`. */
export async function startWiki() {
  const wiki = new Wiki();
  wiki.server = createServer((request, response) => {
    wiki.answer(new URL(request.url, wiki.home), response).catch((error) => {
      wiki.troubles.push(error);
      page(response, 500, "Something failed", `<p>${escape(error.message)}</p><p>${escape(error.cause?.message ?? "")}</p>`);
    });
  });
  await new Promise((ready) => wiki.server.listen(0, "127.0.0.1", ready));
  wiki.home = `http://127.0.0.1:${wiki.server.address().port}`;
  return wiki;
}

class Wiki {
  troubles = [];
  waiting = new Map();

  get callback() {
    return `${this.home}/callback`;
  }

  get signedOut() {
    return `${this.home}/signed-out`;
  }

  async connect(issuer, clientId, secret) {
    this.config = await oidc.discovery(new URL(issuer), clientId, secret, undefined, { execute: [oidc.allowInsecureRequests] });
  }

  async answer(url, response) {
    switch (url.pathname) {
      case "/":
        return page(response, 200, "Team wiki", `<p>You are not signed in.</p><p><a href="/sign-in">Sign in with Harbour ID</a></p>`);
      case "/sign-in":
        return redirect(response, await this.begin());
      case "/callback":
        return this.finish(url, response);
      case "/sign-out":
        return redirect(response, oidc.buildEndSessionUrl(this.config, {
          id_token_hint: this.tokens.id_token, post_logout_redirect_uri: this.signedOut, state: "left",
        }));
      case "/signed-out":
        return page(response, 200, "Signed out of the wiki", `<p>Good-bye, ${escape(url.searchParams.get("state") ?? "")}.</p>`);
      default:
        return page(response, 404, "Nothing here", "");
    }
  }

  async begin() {
    const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
    this.waiting.set(state, { verifier, nonce });
    return oidc.buildAuthorizationUrl(this.config, {
      redirect_uri: this.callback,
      scope: "openid profile email",
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
  }

  async finish(url, response) {
    const state = url.searchParams.get("state");
    const { verifier, nonce } = this.waiting.get(state) ?? {};
    this.waiting.delete(state);
    if (url.searchParams.has("error")) {
      return page(response, 200, "Not signed in", `<p>The answer was ${escape(url.searchParams.get("error"))}.</p>`);
    }
    this.tokens = await oidc.authorizationCodeGrant(this.config, url, {
      pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
    });
    this.person = await oidc.fetchUserInfo(this.config, this.tokens.access_token, this.tokens.claims().sub);
    return page(response, 200, "Team wiki",
      `<p>Signed in as ${escape(this.person.preferred_username ?? this.person.sub)}, ${escape(this.person.email ?? "no address")}.</p>
       <p><a href="/sign-out">Sign out</a></p>`);
  }

  /** Whether the access the wiki was given still works. */
  async stillLetIn() {
    try {
      await oidc.fetchUserInfo(this.config, this.tokens.access_token, this.tokens.claims().sub);
      return true;
    } catch {
      return false;
    }
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function redirect(response, to) {
  response.writeHead(302, { location: String(to), "cache-control": "no-store" }).end();
}

function page(response, status, title, body) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
    <title>${title}</title><main><h1>${title}</h1>${body}</main></html>`);
}
