// npm openid-client, as it comes, against the real server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as oidc from "openid-client";
import { serve } from "../../common/server.mjs";
import { Visitor } from "../../common/visitor.mjs";
import { PASSWORD, REDIRECT_URI, SECRET, SIGNED_OUT_URI, declared } from "../declared.mjs";

let server;
before(async () => (server = await serve({ declared })));
after(async () => server?.forgotten());

const connect = (id, authentication) =>
  oidc.discovery(new URL(server.issuer), id, SECRET, authentication, { execute: [oidc.allowInsecureRequests] });

/** Sends a visitor to the server with PKCE, state and nonce; gives what the library needs to go on. */
async function leaveFor(config, visitor, more = {}) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid profile email address",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...more,
  });
  return { answer: await visitor.travel(address), checks };
}

async function signIn(config, visitor, more) {
  const { answer, checks } = await leaveFor(config, visitor, more);
  const back = answer.away ?? (await visitor.submit(answer, { username: "ana", password: PASSWORD })).away;
  assert.ok(back, `the visitor comes back: ${answer.body}`);
  return oidc.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true });
}

/** How a token is signed; nothing of one that is no JWT. */
const header = (token) => (token.split(".").length === 3 ? JSON.parse(Buffer.from(token.split(".")[0], "base64url")) : undefined);

const KINDS = [
  { id: "web", words: "RS256", idToken: "RS256", accessToken: "EdDSA" },
  { id: "es256", words: "ES256", idToken: "ES256", accessToken: "ES256" },
  { id: "eddsa", words: "EdDSA", idToken: "EdDSA", accessToken: "EdDSA" },
  { id: "opaque", words: "opaque access tokens", idToken: "RS256", accessToken: undefined },
];

for (const { id, words, idToken, accessToken } of KINDS) {
  for (const [how, authentication] of [["Basic", oidc.ClientSecretBasic(SECRET)], ["the body", oidc.ClientSecretPost(SECRET)]]) {
    test(`sign-in, userinfo, refresh, introspection, revocation, sign-out: ${words}, secret in ${how}`, async () => {
      const config = await connect(id, authentication);
      const ana = new Visitor(server.issuer);
      const tokens = await signIn(config, ana);
      const claims = tokens.claims();
      assert.equal(claims.iss, server.issuer);
      assert.equal(claims.aud, id);
      assert.equal(tokens.expires_in, 3600);
      assert.equal(header(tokens.id_token).alg, idToken);
      assert.equal(header(tokens.access_token)?.alg, accessToken);
      assert.equal(header(tokens.access_token)?.typ, accessToken && "at+jwt");

      const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
      assert.equal(person.preferred_username, "ana");
      assert.equal(person.given_name, "Ana");
      assert.equal(person.email, "ana@example.org");
      assert.equal(person.email_verified, true);
      assert.equal(person.address.locality, "Brighton");

      const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
      assert.notEqual(fresh.refresh_token, tokens.refresh_token);
      assert.equal(fresh.claims().sub, claims.sub);
      const active = await oidc.tokenIntrospection(config, fresh.access_token);
      assert.equal(active.active, true);
      assert.equal(active.sub, claims.sub);
      assert.equal(active.client_id, id);

      await oidc.tokenRevocation(config, fresh.refresh_token);
      assert.equal((await oidc.tokenIntrospection(config, fresh.refresh_token)).active, false);
      assert.equal((await oidc.tokenIntrospection(config, fresh.access_token)).active, false, "the grant is gone with its token");
      await assert.rejects(oidc.refreshTokenGrant(config, fresh.refresh_token), { error: "invalid_grant" });
      await assert.rejects(oidc.fetchUserInfo(config, fresh.access_token, claims.sub), { status: 401 });

      const farewell = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: SIGNED_OUT_URI, state: "x y" });
      const { away } = await ana.travel(farewell);
      assert.equal(String(away), `${SIGNED_OUT_URI}?state=${away.search.includes("+") ? "x+y" : "x%20y"}`);
      const { answer } = await leaveFor(config, ana, { prompt: "none" });
      assert.equal(answer.away.searchParams.get("error"), "login_required", "the session is over");
    });
  }
}

test("a public client signs in with PKCE alone and stays signed in", async () => {
  const config = await oidc.discovery(new URL(server.issuer), "page", undefined, oidc.None(), { execute: [oidc.allowInsecureRequests] });
  const tokens = await signIn(config, new Visitor(server.issuer), { scope: "openid profile" });
  const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.equal(fresh.claims().sub, tokens.claims().sub);
});

test("without PKCE nobody gets a code", async () => {
  const config = await connect("web");
  const address = oidc.buildAuthorizationUrl(config, { redirect_uri: REDIRECT_URI, scope: "openid", state: "st" });
  const { away } = await new Visitor(server.issuer).travel(address);
  await assert.rejects(oidc.authorizationCodeGrant(config, away, { expectedState: "st" }), { error: "invalid_request" });
});

test("a declined consent comes back as access_denied", async () => {
  const config = await connect("asks");
  const ana = new Visitor(server.issuer);
  await ana.signIn("ana", PASSWORD);
  const { answer, checks } = await leaveFor(config, ana);
  const { away } = await ana.submit(answer, { answer: "cancel" });
  await assert.rejects(oidc.authorizationCodeGrant(config, away, checks), { error: "access_denied" });
});

test("prompt=none with nobody signed in is login_required", async () => {
  const config = await connect("web");
  const { answer, checks } = await leaveFor(config, new Visitor(server.issuer), { prompt: "none" });
  await assert.rejects(oidc.authorizationCodeGrant(config, answer.away, checks), { error: "login_required" });
});

test("max_age and prompt=login ask for the password again, and say when it was given", async () => {
  const config = await connect("web");
  const ana = new Visitor(server.issuer);
  const first = await signIn(config, ana, { max_age: "600" });
  assert.equal(typeof first.claims().auth_time, "number");
  const { answer } = await leaveFor(config, ana, { prompt: "login" });
  assert.equal(answer.away, undefined, "the password is asked for although ana is signed in");
});

test("response_mode=form_post brings the answer in a form", async () => {
  const config = await connect("web");
  const ana = new Visitor(server.issuer);
  await ana.signIn("ana", PASSWORD);
  const { answer, checks } = await leaveFor(config, ana, { response_mode: "form_post" });
  const form = Object.fromEntries([...answer.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  assert.match(answer.body, new RegExp(`action="${REDIRECT_URI}"`));
  const request = new Request(REDIRECT_URI, { method: "POST", body: new URLSearchParams(form) });
  const tokens = await oidc.authorizationCodeGrant(config, request, { ...checks, idTokenExpected: true });
  assert.equal(tokens.claims().aud, "web");
});

test("a service gets a token for itself, and loses it", async () => {
  const config = await connect("robot");
  const tokens = await oidc.clientCredentialsGrant(config, { scope: "deploy" });
  assert.equal(tokens.scope, "deploy");
  assert.equal(tokens.refresh_token, undefined);
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
  await oidc.tokenRevocation(config, tokens.access_token);
  assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
});

test("a wrong secret is invalid_client", async () => {
  const config = await oidc.discovery(new URL(server.issuer), "web", undefined, oidc.ClientSecretBasic("wrong"), { execute: [oidc.allowInsecureRequests] });
  await assert.rejects(oidc.clientCredentialsGrant(config), (error) => error.status === 401);
});
