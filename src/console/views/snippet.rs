//! Examples that can be copied and pasted, with the application's real values.

/// The languages of the examples: key and words.
pub const LANGUAGES: &[(&str, &str)] =
    &[("env", "Environment"), ("curl", "curl"), ("js", "JavaScript"), ("python", "Python"), ("rust", "Rust")];

/// What the examples need to know of an application.
#[derive(Clone, Debug, Default)]
pub struct Snippet {
    /// The issuer, without a final slash.
    pub issuer: String,
    /// The authorization endpoint.
    pub authorize: String,
    /// The token endpoint.
    pub token: String,
    /// Its client id.
    pub client_id: String,
    /// One of its redirect addresses; empty when it has none.
    pub redirect_uri: String,
    /// Its scopes, separated by spaces.
    pub scope: String,
    /// Whether it can keep no secret.
    pub public: bool,
    /// Whether it acts for itself.
    pub service: bool,
}

impl Snippet {
    /// The example in this language; the environment for a language that is not known.
    pub fn in_language(&self, lang: &str) -> String {
        match (lang, self.service) {
            ("curl", true) => self.service_curl(),
            ("js", true) => self.service_js(),
            ("python", true) => self.service_python(),
            ("rust", true) => self.service_rust(),
            ("curl", false) => self.curl(),
            ("js", false) => self.js(),
            ("python", false) => self.python(),
            ("rust", false) => self.rust(),
            _ => self.environment(None),
        }
    }

    /// Lines for an environment file; with the secret in the one moment it is known.
    pub fn environment(&self, secret: Option<&str>) -> String {
        let mut lines = vec![format!("OIDC_ISSUER={}", self.issuer), format!("OIDC_CLIENT_ID={}", self.client_id)];
        match secret {
            Some(secret) => lines.push(format!("OIDC_CLIENT_SECRET={secret}")),
            None if !self.public => lines.push("OIDC_CLIENT_SECRET=    # shown once, when you add a secret".into()),
            None => {}
        }
        if !self.service {
            lines.push(format!("OIDC_REDIRECT_URI={}", self.redirect_uri));
        }
        lines.push(format!("OIDC_SCOPE=\"{}\"", self.scope));
        lines.join("\n")
    }

    fn curl(&self) -> String {
        let Snippet { authorize, token, client_id, redirect_uri, scope, .. } = self;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", scope)
            .finish();
        let client = if self.public {
            format!("-d 'client_id={client_id}'")
        } else {
            format!("-u \"{client_id}:$OIDC_CLIENT_SECRET\"")
        };
        format!(
            r#"# 1. Open what this prints; the code comes back to the redirect address
verifier=$(openssl rand 48 | basenc --base64url -w0)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | basenc --base64url -w0 | tr -d =)
echo "{authorize}?response_type=code&{query}&state=$(openssl rand -hex 8)&code_challenge=$challenge&code_challenge_method=S256"

# 2. Exchange the code
curl {token} {client} \
  -d grant_type=authorization_code -d "code=$code" -d "code_verifier=$verifier" \
  --data-urlencode 'redirect_uri={redirect_uri}'"#
        )
    }

    fn service_curl(&self) -> String {
        let Snippet { token, client_id, scope, .. } = self;
        format!(
            r#"curl {token} -u "{client_id}:$OIDC_CLIENT_SECRET" \
  -d grant_type=client_credentials --data-urlencode 'scope={scope}'"#
        )
    }

    /// The line that finds the server, for the npm package openid-client.
    fn js_discovery(&self) -> String {
        let Snippet { issuer, client_id, .. } = self;
        let secret = if self.public { "undefined" } else { "process.env.OIDC_CLIENT_SECRET" };
        let insecure = issuer.starts_with("http://");
        let mut more = String::new();
        if self.public {
            more.push_str(", client.None()");
        } else if insecure {
            more.push_str(", undefined");
        }
        if insecure {
            more.push_str(", { execute: [client.allowInsecureRequests] }");
        }
        format!(r#"const config = await client.discovery(new URL("{issuer}"), "{client_id}", {secret}{more});"#)
    }

    fn js(&self) -> String {
        let Snippet { redirect_uri, scope, .. } = self;
        let discovery = self.js_discovery();
        format!(
            r#"// npm install openid-client
import * as client from "openid-client";

{discovery}

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const url = client.buildAuthorizationUrl(config, {{
  redirect_uri: "{redirect_uri}",
  scope: "{scope}",
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
}});
// Keep both values with the browser's session and send the browser to url.href.

// Back at the redirect address, with its full URL:
const tokens = await client.authorizationCodeGrant(config, new URL(currentUrl), {{ pkceCodeVerifier, expectedState }});
console.log(tokens.claims());"#
        )
    }

    fn service_js(&self) -> String {
        let Snippet { scope, .. } = self;
        let discovery = self.js_discovery();
        format!(
            r#"// npm install openid-client
import * as client from "openid-client";

{discovery}
const tokens = await client.clientCredentialsGrant(config, {{ scope: "{scope}" }});"#
        )
    }

    /// The arguments of Authlib's session after the client id.
    fn python_client(&self) -> &'static str {
        if self.public { r#"token_endpoint_auth_method="none""# } else { r#"os.environ["OIDC_CLIENT_SECRET"]"# }
    }

    fn python(&self) -> String {
        let Snippet { issuer, client_id, redirect_uri, scope, .. } = self;
        let client = self.python_client();
        format!(
            r#"# pip install authlib requests
import os, requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

server = requests.get("{issuer}/.well-known/openid-configuration").json()
session = OAuth2Session("{client_id}", {client},
    redirect_uri="{redirect_uri}", scope="{scope}", code_challenge_method="S256")

verifier = generate_token(48)
url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier)
# Keep both values with the browser's session and send the browser to url.

# Back at the redirect address, with its full URL:
session.fetch_token(server["token_endpoint"], authorization_response=current_url, state=state, code_verifier=verifier)
print(session.get(server["userinfo_endpoint"]).json())"#
        )
    }

    fn service_python(&self) -> String {
        let Snippet { token, client_id, scope, .. } = self;
        format!(
            r#"# pip install authlib requests
import os
from authlib.integrations.requests_client import OAuth2Session

session = OAuth2Session("{client_id}", os.environ["OIDC_CLIENT_SECRET"], scope="{scope}")
session.fetch_token("{token}", grant_type="client_credentials")"#
        )
    }

    fn rust_secret(&self) -> &'static str {
        if self.public { "None" } else { r#"Some(ClientSecret::new(std::env::var("OIDC_CLIENT_SECRET")?))"# }
    }

    fn rust(&self) -> String {
        let Snippet { issuer, client_id, redirect_uri, .. } = self;
        let (secret, scopes) = (self.rust_secret(), self.rust_scopes());
        format!(
            r#"// openidconnect = "4"
use openidconnect::{{core::*, reqwest, *}};

let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
let server = CoreProviderMetadata::discover_async(IssuerUrl::new("{issuer}".into())?, &http).await?;
let client = CoreClient::from_provider_metadata(server, ClientId::new("{client_id}".into()), {secret})
    .set_redirect_uri(RedirectUrl::new("{redirect_uri}".into())?);

let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
let (url, state, nonce) = client
    .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
{scopes}    .set_pkce_challenge(challenge)
    .url();
// Keep verifier, state and nonce with the browser's session and send the browser to url.

// Back at the redirect address: compare state, then
let tokens = client.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(verifier).request_async(&http).await?;
let claims = tokens.extra_fields().id_token().ok_or("no id token")?.claims(&client.id_token_verifier(), &nonce)?;"#
        )
    }

    /// `openid` comes by itself with that crate.
    fn rust_scopes(&self) -> String {
        let line = |scope: &str| format!("    .add_scope(Scope::new(\"{scope}\".into()))\n");
        self.scope.split_whitespace().filter(|scope| *scope != "openid").map(line).collect()
    }

    fn service_rust(&self) -> String {
        let Snippet { token, client_id, scope, .. } = self;
        format!(
            r#"// reqwest = "0.12", with its feature json
let tokens: serde_json::Value = reqwest::Client::new()
    .post("{token}")
    .basic_auth("{client_id}", Some(std::env::var("OIDC_CLIENT_SECRET")?))
    .form(&[("grant_type", "client_credentials"), ("scope", "{scope}")])
    .send().await?
    .error_for_status()?
    .json().await?;"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wiki() -> Snippet {
        Snippet {
            issuer: "https://id.example.org".into(),
            authorize: "https://id.example.org/oauth/authorize".into(),
            token: "https://id.example.org/oauth/token".into(),
            client_id: "wiki".into(),
            redirect_uri: "https://wiki.example.org/cb".into(),
            scope: "openid profile".into(),
            ..Snippet::default()
        }
    }

    #[test]
    fn every_language_names_the_client_and_asks_for_its_secret() {
        for service in [false, true] {
            for (lang, _) in LANGUAGES {
                let text = Snippet { service, ..wiki() }.in_language(lang);
                assert!(text.contains("wiki") && text.contains("OIDC_CLIENT_SECRET"), "{lang}:\n{text}");
            }
        }
    }

    #[test]
    fn a_public_client_is_shown_no_secret() {
        for (lang, _) in LANGUAGES {
            let text = Snippet { public: true, ..wiki() }.in_language(lang);
            assert!(!text.contains("SECRET"), "{lang}:\n{text}");
        }
    }

    #[test]
    fn the_environment_holds_the_secret_in_its_one_moment() {
        let env = wiki().environment(Some("cs_secret"));
        assert!(env.contains("OIDC_CLIENT_SECRET=cs_secret\n"));
    }

    #[test]
    fn an_address_without_tls_is_allowed_for_by_name() {
        let local = Snippet { issuer: "http://localhost:8080".into(), ..wiki() };
        assert!(local.in_language("js").contains("allowInsecureRequests"));
        assert!(!wiki().in_language("js").contains("allowInsecureRequests"));
    }
}
