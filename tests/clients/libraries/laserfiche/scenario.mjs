// npm @laserfiche/lf-api-client-core, as it comes, in a process of its own: it insists on https and on the host
// `signin.DOMAIN`, so this process resolves that name to this machine and trusts the certificate that was made for it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import dns from "node:dns";
import { DomainUtils, JwtUtils, TokenClient, createFromBase64EncodedAccessKey } from "@laserfiche/lf-api-client-core";
import { Visitor } from "../../../common/visitor.mjs";
import { PASSWORD, REDIRECT_URI, SECRET } from "../../declared.mjs";

const given = dns.lookup;
dns.lookup = (name, options, done) => given(name.endsWith(".localhost") ? "127.0.0.1" : name, options, done);

const { ISSUER, ACCESS_KEY } = process.env;
const key = createFromBase64EncodedAccessKey(ACCESS_KEY);
// Elsewhere the server has the port of https; here it has one of its own.
const domain = `${key.domain}:${new URL(ISSUER).port}`;
const client = new TokenClient(domain);

const told = async (promise) => {
  const error = await promise.then(() => assert.fail("it is refused"), (refused) => refused);
  assert.match(error.message, /^[A-Z].+\.$/, "the title is a sentence, for it is all the program shows");
  return [error.status, error.problemDetails?.["error"] ?? error.problemDetails?.extensions?.error];
};

// A service signs its own authentication with the exported access key, again and again.
for (const scope of ["reports", undefined]) {
  const tokens = await client.getAccessTokenFromServicePrincipal(SECRET, key, scope);
  assert.equal(tokens.token_type, "bearer");
  assert.equal(tokens.expires_in, 3600);
  const token = JwtUtils.parseAccessToken(tokens.access_token);
  assert.equal(JwtUtils.getAccountIdFromLfJWT(token), "123456789");
}
assert.equal((await told(client.getAccessTokenFromServicePrincipal("another key", key)))[0], 401);
const stranger = { ...key, jwk: { ...key.jwk, kid: "another" } };
assert.equal((await told(client.getAccessTokenFromServicePrincipal(SECRET, stranger)))[0], 401);

// People sign in to a web application and to a single page.
for (const { id, secret, verifier } of [
  { id: "lf-web", secret: SECRET },
  { id: "lf-page", verifier: randomBytes(32).toString("base64url") },
]) {
  const ana = new Visitor(ISSUER);
  const begin = new URL(DomainUtils.getLfEndpoints(domain).oauthAuthorizeUrl);
  begin.search = new URLSearchParams({
    client_id: id,
    redirect_uri: REDIRECT_URI,
    response_type: "code",
    scope: "openid profile",
    state: "a+b c/%",
    ...(verifier && {
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    }),
  });
  const page = await ana.travel(begin);
  const { away } = page.away ? page : await ana.submit(page, { username: "ana", password: PASSWORD });
  assert.equal(away.searchParams.get("state"), "a+b c/%", "byte for byte");
  const tokens = await client.getAccessTokenFromCode(away.searchParams.get("code"), REDIRECT_URI, id, secret, verifier);
  const token = JwtUtils.parseAccessToken(tokens.access_token);
  assert.equal(JwtUtils.getUsernameFromLfJWT(token), "Ana Ruiz");
  assert.equal(JwtUtils.getTrusteeIdFromLfJWT(token), token.payload.sub);
  const fresh = await client.refreshAccessToken(tokens.refresh_token, id, secret);
  assert.notEqual(fresh.refresh_token, tokens.refresh_token);
  assert.equal((await told(client.getAccessTokenFromCode(away.searchParams.get("code"), REDIRECT_URI, id, secret, verifier)))[0], 400);
}
console.log("the library is content");
