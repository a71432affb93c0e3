//! What the fields of clients, users, groups, scopes and settings may hold. One set of rules for the console, the command
//! line and the declared-state file; every problem is a full sentence that says what to do.

use super::places;
use crate::engine::users::names::{self, Names};
use crate::jose::jwk::PublicJwk;
use crate::jose::verify::VerifyingKey;
use crate::model::client::{AccessKey, Client, ClientType, GrantType};
use crate::model::face::Faces;
use crate::model::mail::MailServer;
use crate::model::redirect_uri::RedirectUri;
use crate::model::refusal::{FieldProblem, Refusal};
use crate::model::scope::{self, Scope, ScopeDefinition};
use crate::model::settings::{Settings, SmtpSecurity};
use crate::model::user::User;

/// The longest name of anything, in characters.
const LONGEST_NAME: usize = 100;
/// The most addresses, audiences or groups a client may have.
const MOST: usize = 100;
/// The most secrets a client may have at once.
pub(super) const MOST_SECRETS: usize = 20;

/// The most access keys a client may have at once.
const MOST_ACCESS_KEYS: usize = 20;

/// Finds every problem of `subject` and collects them.
struct Problems(Vec<FieldProblem>);

impl Problems {
    fn unless(&mut self, sound: bool, field: &'static str, sentence: &str) {
        if !sound {
            self.0.push(FieldProblem { field, sentence: sentence.to_owned() });
        }
    }
}

/// The first problem as a refusal.
pub(super) fn refuse(problems: Vec<FieldProblem>) -> Result<(), Refusal> {
    problems.into_iter().next().map_or(Ok(()), |problem| Err(Refusal::FieldInvalid(problem)))
}

/// What is wrong with a client by itself, given the interfaces there are.
pub fn client(client: &Client, faces: &Faces) -> Vec<FieldProblem> {
    let mut found = Problems(Vec::new());
    let signs_people_in = client.may(GrantType::AuthorizationCode);
    found.unless(is_id(client.id.as_str()), "id", "Use 1 to 128 letters, digits, or any of . _ ~ - for the client id.");
    found.unless(!is_reserved(client.id.as_str()), "id", RESERVED);
    let key = "Use 1 to 128 letters, digits, or any of . _ ~ - for the client key.";
    found.unless(is_id(&client.client_key), "client_key", key);
    found.unless(is_name(&client.name), "name", "Give a name of 1 to 100 characters.");
    found.unless(!client.faces.is_empty(), "dialects", "Name at least one dialect.");
    found.unless(!client.grants.is_empty(), "grants", "Name at least one grant.");
    let acts_alone = client.may(GrantType::ClientCredentials);
    let alone = "Only a web or service client can use client_credentials: it needs a secret.";
    found.unless(!(acts_alone && client.is_public()), "grants", alone);
    let ours = client.grants.iter().any(|grant| grant.is_first_party());
    let first_party =
        "password, register, register_minor and anonymous are for first-party clients only: mark it as one.";
    found.unless(client.first_party || !ours, "grants", first_party);
    found.unless(client.first_party || !client.scopes.has(Scope::AUTHORIZE), "scopes", AUTHORIZE);
    let refresh = "refresh_token renews what another grant began: add authorization_code, or leave this one out.";
    let renewable =
        signs_people_in || ours || (acts_alone && client.faces.iter().any(|face| faces.law(face).renews_services));
    found.unless(!client.may(GrantType::RefreshToken) || renewable, "grants", refresh);
    let missing = "Add the address people return to after signing in.";
    found.unless(!(signs_people_in && client.redirect_uris.is_empty()), "redirect_uris", missing);
    addresses(client, &mut found);
    for face in client.faces.iter().filter(|face| faces.law(face).web_redirects_only) {
        let sentence = format!(
            "The dialect {} sends people back to https addresses only, or http with 127.0.0.1 or [::1].",
            face.as_str()
        );
        found.unless(client.redirect_uris.iter().all(RedirectUri::is_of_the_web), "redirect_uris", &sentence);
    }
    lifetimes(client, &mut found);
    let few = [client.redirect_uris.len(), client.post_logout_redirect_uris.len(), client.origins.len()];
    found.unless(
        few.into_iter().all(|count| count <= MOST),
        "redirect_uris",
        "Keep each list to at most 100 addresses.",
    );
    found.unless(client.groups.len() <= MOST, "groups", "Name at most 100 groups.");
    let sound = |audience: &String| is_text(audience, 512) && !audience.contains(char::is_whitespace);
    found.unless(client.audience.len() <= MOST && client.audience.iter().all(sound), "audience", AUDIENCE);
    let secretless = "A client of this type keeps no secret.";
    found.unless(!client.is_public() || client.secrets.is_empty(), "secret", secretless);
    released(client, &mut found);
    access_keys(client, &mut found);
    found.unless(client.secrets.len() <= MOST_SECRETS, "secret", "A client has at most 20 secrets: remove an old one.");
    found.0
}

const AUTHORIZE: &str = "The scope authorize is for first-party clients only: mark it as one, or leave the scope out.";
const AUDIENCE: &str = "Name at most 100 audiences, each of 1 to 512 characters without spaces.";

/// What may be told of attributes, and the account it belongs to.
fn released(client: &Client, found: &mut Problems) {
    let released = &client.released_attributes;
    let names = released.consumer.iter().chain(&released.contact);
    let few = released.consumer.len() <= MOST && released.contact.len() <= MOST;
    let sentence = "Name at most 100 attributes in each map, by letters, digits, or any of . _ ~ -.";
    found.unless(few && names.into_iter().all(|name| is_id(name)), "released_attributes", sentence);
    let account = client.account_id.is_empty() || is_id(&client.account_id);
    found.unless(account, "account_id", "Use 1 to 128 letters, digits, or any of . _ ~ - for the account id.");
}

/// Each key is one, and of its own name.
fn access_keys(client: &Client, found: &mut Problems) {
    let secretless = "A client of this type keeps no secret, and so no access key.";
    found.unless(!client.is_public() || client.access_keys.is_empty(), "access_keys", secretless);
    let many = "A client has at most 20 access keys: remove an old one.";
    found.unless(client.access_keys.len() <= MOST_ACCESS_KEYS, "access_keys", many);
    let kids: Vec<&str> = client.access_keys.iter().map(|key| key.kid.as_str()).collect();
    found.unless(unrepeated(&kids), "access_keys", "Give each access key a kid of its own.");
    let sound = |key: &AccessKey| {
        let jwk = PublicJwk::p256(&key.kid, &key.x, &key.y);
        is_text(&key.kid, 128) && jwk.is_ok_and(|jwk| VerifyingKey::from_jwk(&jwk).is_ok())
    };
    let sentence = "Give access keys as public JWKs: a kid of 1 to 128 characters, and x and y of a point on P-256.";
    found.unless(client.access_keys.iter().all(sound), "access_keys", sentence);
}

fn addresses(client: &Client, found: &mut Problems) {
    let own_scheme = |uri: &RedirectUri| uri.origin().is_none() && client.kind != ClientType::Native;
    let native = "Only a native client can use a scheme of its own: give an https address.";
    found.unless(!client.redirect_uris.iter().any(own_scheme), "redirect_uris", native);
    found.unless(!client.post_logout_redirect_uris.iter().any(own_scheme), "post_logout_redirect_uris", native);
    found.unless(unrepeated(&client.redirect_uris), "redirect_uris", "Name each address once.");
    found.unless(unrepeated(&client.post_logout_redirect_uris), "post_logout_redirect_uris", "Name each address once.");
    let origin = "Give origins as scheme, host and port, such as https://app.example.org; http only for this computer.";
    found.unless(client.origins.iter().all(|origin| is_origin(origin)), "origins", origin);
    found.unless(unrepeated(&client.origins), "origins", "Name each origin once.");
}

fn lifetimes(client: &Client, found: &mut Problems) {
    let code = (1..=600).contains(&client.code_ttl.as_secs());
    found.unless(code, "code_ttl", "A code lives between 1s and 10min.");
    let access = (1..=31 * 86_400).contains(&client.access_ttl.as_secs());
    found.unless(access, "access_ttl", "An access token lives between 1s and 31d.");
    found.unless(!client.refresh_ttl.is_zero(), "refresh_ttl", "A grant can be refreshed for at least 1s.");
    found.unless(client.refresh_grace.as_secs() <= 300, "refresh_grace", "The grace is at most 5min.");
}

/// What is wrong with a user by themselves.
pub fn user(user: &User) -> Vec<FieldProblem> {
    let mut found = Problems(Vec::new());
    found.unless(is_id(user.id.as_str()), "id", "Use 1 to 128 letters, digits, or any of . _ ~ - for the id.");
    found.unless(!is_reserved(user.id.as_str()), "id", RESERVED);
    names(user, &mut found);
    let verified = "Only an address can be verified: give one, or leave this out.";
    found.unless(user.email.is_some() || !user.email_verified, "email_verified", verified);
    found.unless(user.groups.len() <= 1_000, "groups", "Name at most 1000 groups.");
    let role = |role: &String| is_name(role) && role.trim() == role;
    let sentence = "Name at most 100 roles, each of 1 to 100 characters without space around it.";
    found.unless(user.roles.len() <= MOST && user.roles.iter().all(role), "roles", sentence);
    let attribute = |(name, value): (&String, &String)| is_id(name) && (value.is_empty() || is_text(value, 1_024));
    found.unless(user.attributes.iter().all(attribute) && user.attributes.len() <= MOST, "attributes", ATTRIBUTES);
    let external = user.external_ids.iter().all(|id| is_text(&id.provider, 100) && is_text(&id.user_id, 256));
    let external_ids =
        "Give each provider (at most 100 characters) and user_id (at most 256), and at most 100 of them.";
    found.unless(external && user.external_ids.len() <= MOST, "external_ids", external_ids);
    // A profile is plain data with text keys: JSON can always hold it.
    let profile = serde_json::to_value(&user.profile).unwrap_or_default();
    let sound = "Keep each part of the profile to 1 to 1024 characters without control characters.";
    found.unless(is_plain(&profile), "profile", sound);
    found.0
}

/// What is wrong with the username, and what with the address.
fn names(user: &User, found: &mut Problems) {
    let email = user.email.as_deref();
    let address = Names::parse("x", email);
    let spaced = address.as_ref().is_ok_and(|names| names.email != user.email);
    found.unless(!spaced, "email", "Give the address without space around it.");
    let name = Names::parse(&user.username, email.filter(|_| address.is_ok()));
    let spaced = name.as_ref().is_ok_and(|names| names.username != user.username);
    found.unless(!spaced, "username", "Give the username without space around it.");
    for refused in [name, address] {
        if let Err(Refusal::FieldInvalid(problem)) = refused {
            found.0.push(problem);
        }
    }
}

const ATTRIBUTES: &str = "Give at most 100 attributes: names of letters, digits, or any of . _ ~ -, values of at most 1024 \
                          characters.";

/// What is wrong with a group's name.
pub fn group(name: &str) -> Vec<FieldProblem> {
    let mut found = Problems(Vec::new());
    let trimmed = name.trim() == name;
    found.unless(is_name(name) && trimmed, "name", "Give a name of 1 to 100 characters, without space around it.");
    found.unless(!is_reserved(name), "name", RESERVED);
    found.0
}

/// What is wrong with a scope. Those every deployment has keep their claims.
pub fn scope(scope: &ScopeDefinition) -> Vec<FieldProblem> {
    let mut found = Problems(Vec::new());
    found.unless(!is_reserved(scope.name.as_str()), "name", RESERVED);
    let sentence = "Write the sentence people read on the consent page, at most 200 characters.";
    found.unless(is_text(&scope.description, 200), "description", sentence);
    let named = |claim: &String| is_text(claim, 100) && !claim.contains(char::is_whitespace);
    found.unless(scope.claims.len() <= MOST && scope.claims.iter().all(named), "claims", "Name at most 100 claims.");
    let built_in = scope::BUILT_IN.iter().find(|(name, ..)| *name == scope.name.as_str());
    let kept = built_in.is_none_or(|(_, _, claims)| scope.claims.iter().eq(claims.iter()));
    found.unless(kept, "claims", "The claims of this scope are fixed by its standard: leave them out.");
    found.0
}

/// What is wrong with the settings, given the interfaces there are and the issuer, as far as it is known.
pub fn settings(settings: &Settings, faces: &Faces, issuer: &str) -> Vec<FieldProblem> {
    let mut found = Problems(Vec::new());
    found.unless(is_name(&settings.name), "name", "Give a name of 1 to 100 characters.");
    let url = settings.account_url.as_deref().is_none_or(is_web_address);
    found.unless(url, "account_url", "Give an https address, without user, query and fragment.");
    let length = (8..=128).contains(&settings.password_min_length);
    found.unless(length, "password_min_length", "The shortest password is between 8 and 128 characters.");
    found.0.extend(places::problems(settings, faces, issuer));
    found.0
}

/// What is wrong with a mail server by itself.
pub fn mail_server(server: &MailServer) -> Vec<FieldProblem> {
    let mut found = Problems(Vec::new());
    let name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let host = is_text(&server.host, 253) && server.host.chars().all(name);
    found.unless(host, "host", "Give the host of the mail server, such as mail.example.org.");
    found.unless(server.port != 0, "port", "Enter a port from 1 to 65535.");
    let local = server.host.eq_ignore_ascii_case("localhost")
        || server.host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    let here = "Without protection, letters go only to this machine: localhost, 127.0.0.1 or ::1.";
    found.unless(server.security != SmtpSecurity::None || local, "security", here);
    let from = "Give the address letters come from, such as id@example.org.";
    found.unless(names::address(&server.from).is_ok(), "from", from);
    let username = server.username.is_empty() || is_text(&server.username, 256);
    found.unless(username, "username", "Use at most 256 characters for the user name, or leave it empty.");
    let password = server.password.as_ref().is_none_or(|password| is_text(password.expose(), 1_024));
    found.unless(password, "password", "Use at most 1024 characters for the password, none of them invisible.");
    let alone = "A password belongs to a user name: give that too.";
    found.unless(server.password.is_none() || !server.username.is_empty(), "username", alone);
    found.0
}

const RESERVED: &str = "The names new, . and .. mean something else in addresses: choose another.";

/// Whether a page about something of this name could not be asked for: `new` is the page that makes one, and browsers take
/// dots for steps (RFC 3986, section 5.2.4).
fn is_reserved(name: &str) -> bool {
    matches!(name, "new" | "." | "..")
}

fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

fn is_name(text: &str) -> bool {
    is_text(text, LONGEST_NAME) && !text.trim().is_empty()
}

fn is_text(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn is_plain(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => {
            (1..=1_024).contains(&text.chars().count()) && !text.chars().any(|c| c.is_control() && c != '\n')
        }
        serde_json::Value::Object(members) => members.values().all(is_plain),
        _ => true,
    }
}

fn is_origin(text: &str) -> bool {
    text != "null" && RedirectUri::parse(text).is_ok_and(|uri| uri.origin().as_deref() == Some(text))
}

fn is_web_address(text: &str) -> bool {
    RedirectUri::parse(text).is_ok_and(|uri| uri.origin().is_some()) && !text.contains('?')
}

fn unrepeated<T: Ord>(items: &[T]) -> bool {
    items.iter().collect::<std::collections::BTreeSet<_>>().len() == items.len()
}
