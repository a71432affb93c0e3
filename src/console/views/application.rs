//! `/admin/applications/{id}`: everything about one application, on one page that can be acted on.

use askama::Template;

use super::access_keys::AccessKeys;
use super::dialects::{DialectRow, IdentityFields};
use super::people::GroupChoice;
use crate::http::page::{Frame, Link, Problems};
use crate::http::views::Fact;
use crate::http::when::When;

/// How access tokens are made: value and words.
pub const TOKEN_FORMS: &[(&str, &str)] = &[("jwt", "JWT, readable by anyone"), ("opaque", "Opaque, looked up here")];
/// Signature algorithms: value and words.
pub const ALGORITHMS: &[(&str, &str)] = &[("RS256", "RS256"), ("ES256", "ES256"), ("EdDSA", "EdDSA")];
/// How long a new secret may live, as a lifetime; empty: until it is removed.
pub const SECRET_LIVES: &[(&str, &str)] = &[("", "Never"), ("90d", "In 90 days"), ("365d", "In a year")];

/// `GET /admin/applications/{id}`, and any of its posts that did not succeed.
///
/// Posts below `/admin/applications/{id}/`, each with `csrf`: `redirects`, `post-logout`, `origins` (action = add or
/// remove, and redirect_uri, post_logout_redirect_uri or origin) · `secrets` (expires) · `secrets/remove` (secret) ·
/// `scopes` (scope, repeated) · `access` (name, who = everyone or groups, group repeated, consent, first_party,
/// require_pkce) · `grants` (grant, repeated) · `tokens` (the names of [`TokenFields`]) · `dialects` (dialect,
/// repeated) · `customs` (dialect) · `identity` (the names of [`IdentityFields`]) · `disable` · `enable`. `GET
/// …/delete` asks, `POST` deletes.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/application.html")]
pub struct Application {
    /// What every page is told.
    pub frame: Frame,
    /// Its client id.
    pub id: String,
    /// Its name, as stored.
    pub name: String,
    /// `web`, `spa`, `native` or `service`.
    pub kind: String,
    /// "Web application".
    pub kind_words: String,
    /// One line: "added by Ada Keeper on 3 November · last used 2 h ago".
    pub summary: String,
    /// Whether it can keep no secret.
    pub public: bool,
    /// Whether it is switched off.
    pub disabled: bool,
    /// Whether whoever looks at it may not switch it on again.
    pub locked: bool,
    /// Whether the declared-state file manages it.
    pub managed: bool,
    /// What an administrator should know.
    pub warnings: Vec<Warning>,
    /// Issuer, client id, discovery document, endpoints.
    pub connect: Vec<Fact>,
    /// The language of the example: a key of [`LANGUAGES`](super::LANGUAGES).
    pub lang: String,
    /// The example; see [`Snippet`](super::Snippet).
    pub snippet: String,
    /// A secret that was just made; shown this once.
    pub new_secret: Option<NewSecret>,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Web origins that may call this server.
    pub origins: Vec<String>,
    /// Addresses that were typed and refused.
    pub typed: TypedAddresses,
    /// Its secrets, the newest first.
    pub secrets: Vec<SecretRow>,
    /// Its access keys.
    pub access_keys: AccessKeys,
    /// Every scope there is, and whether it may ask for it.
    pub scopes: Vec<ScopeChoice>,
    /// Whether everyone may use it.
    pub everyone: bool,
    /// Every group there is, and whether its members may use it.
    pub groups: Vec<GroupChoice>,
    /// `ask` or `skip`.
    pub consent: String,
    /// What people sign in with for it: `none`, `second_factor` or `passkey`.
    pub required_factor: String,
    /// Whether it is ours.
    pub first_party: bool,
    /// Whether PKCE is required of it.
    pub require_pkce: bool,
    /// The ways in which it could come by tokens, and whether it may.
    pub grants: Vec<GrantChoice>,
    /// How its tokens are made.
    pub tokens: TokenFields,
    /// Every dialect there is.
    pub dialects: Vec<DialectRow>,
    /// What it is known by.
    pub identity: IdentityFields,
    /// What is wrong with the form that came in.
    pub problems: Problems,
}

impl Application {
    /// Where this page is.
    pub fn home(&self) -> String {
        self.at("").trim_end_matches('/').to_owned()
    }

    /// Whether the example is in this language.
    fn shows(&self, lang: &str) -> bool {
        self.lang == lang
    }

    /// A path below this page.
    pub fn at(&self, rest: &str) -> String {
        let id: String = form_urlencoded::byte_serialize(self.id.as_bytes()).collect();
        format!("/admin/applications/{}/{rest}", id.replace('+', "%20"))
    }
}

/// A way to come by tokens.
#[derive(Clone, Debug, Default)]
pub struct GrantChoice {
    /// The `grant_type`.
    pub name: String,
    /// What it lets the application do.
    pub words: String,
    /// What to consider.
    pub hint: String,
    /// Whether it may.
    pub chosen: bool,
}

/// Something an administrator should know about an application.
#[derive(Clone, Debug, Default)]
pub struct Warning {
    /// What it is: "You don’t require PKCE."
    pub headline: String,
    /// What that means, and what to do.
    pub advice: String,
    /// Where to do it: "Require it", `#access`.
    pub link: Option<Link>,
}

/// A secret in the one moment it can be shown.
#[derive(Clone, Debug, Default)]
pub struct NewSecret {
    /// The secret.
    pub secret: String,
    /// Lines for an environment file that hold it; see [`Snippet::environment`](super::Snippet::environment).
    pub env: String,
}

/// What was typed into the address forms and refused.
#[derive(Clone, Debug, Default)]
pub struct TypedAddresses {
    /// `redirect_uri`
    pub redirect_uri: String,
    /// `post_logout_redirect_uri`
    pub post_logout_redirect_uri: String,
    /// `origin`
    pub origin: String,
}

/// One secret of an application.
#[derive(Clone, Debug, Default)]
pub struct SecretRow {
    /// What the form sends back as `secret`; an id, never the secret.
    pub id: String,
    /// Its first characters, or another mark to know it by.
    pub prefix: String,
    /// When it was made.
    pub made: When,
    /// When it was last used.
    pub last_used: Option<When>,
    /// When it expires.
    pub expires: Option<When>,
    /// Whether it has expired.
    pub expired: bool,
}

/// A scope an application may or may not ask for.
#[derive(Clone, Debug, Default)]
pub struct ScopeChoice {
    /// Its name.
    pub name: String,
    /// Its sentence.
    pub sentence: String,
    /// Whether the application may ask for it.
    pub chosen: bool,
}

/// How an application's tokens are made, as text fields of the same names. Lifetimes read `60s`, `30m`, `1h`, `30d`.
#[derive(Clone, Debug, Default)]
pub struct TokenFields {
    /// `id_token_alg`
    pub id_token_alg: String,
    /// `access_token`: `jwt` or `opaque`
    pub access_token: String,
    /// `access_token_alg`
    pub access_token_alg: String,
    /// `code_ttl`
    pub code_ttl: String,
    /// `access_ttl`
    pub access_ttl: String,
    /// `refresh_ttl`
    pub refresh_ttl: String,
    /// `refresh_grace`
    pub refresh_grace: String,
    /// `audience`, one a line
    pub audience: String,
}
