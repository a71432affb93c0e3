// Obtains, introspects and revokes a token with the generated TypeScript client. Arguments: ISSUER CLIENT_ID SECRET.
import { introspect, keys, openidConfiguration, revoke, token } from "./client";
import { createClient } from "./client/client";

declare const process: { argv: string[]; exit(code: number): never };

const [issuer, clientId, secret] = process.argv.slice(2) as [string, string, string];

const clientWith = (secret: string) => createClient({ baseUrl: issuer, auth: () => `${clientId}:${secret}` });
const client = clientWith(secret);

function must(condition: unknown, words: string): asserts condition {
  if (!condition) throw new Error(words);
}

async function main() {
  const metadata = await openidConfiguration({ client, throwOnError: true });
  must(metadata.data.issuer === issuer, "the metadata names the issuer");
  must((await keys({ client, throwOnError: true })).data.keys.length > 0, "keys are published");

  const granted = await token({ client, throwOnError: true, body: { grant_type: "client_credentials", scope: "deploy" } });
  must(granted.data.scope === "deploy", "the scope is granted");

  const alive = await introspect({ client, throwOnError: true, body: { token: granted.data.access_token } });
  must(alive.data.active === true && alive.data.client_id === clientId, "the token counts");

  const gone = await revoke({ client, throwOnError: true, body: { token: granted.data.access_token } });
  must(gone.response.status === 200, "the revocation is acknowledged");

  const dead = await introspect({ client, throwOnError: true, body: { token: granted.data.access_token } });
  must(dead.data.active === false, "the token is dead");

  const refused = await token({ client: clientWith("wrong"), body: { grant_type: "client_credentials" } });
  must(refused.response?.status === 401, "a wrong secret is refused");
  must(refused.error?.error === "invalid_client", "and by the registered word");
  console.log("obtained, introspected, revoked");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
