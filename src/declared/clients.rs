//! `[[clients]]`.

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::dialects;
use crate::engine::admin::client_change::{choose_profile, customary, customary_origins};
use crate::engine::admin::declared::{DeclaredClient, DeclaredSecret, DeclaredSecretValue};
use crate::engine::admin::rules;
use crate::jose::Algorithm;
use crate::model::client::{
    AccessKey, AccessTokenForm, ClaimsProfile, Client, ClientType, ConsentPolicy, GrantType, ReleasedAttributes,
    SecretHash,
};
use crate::model::face::Face;
use crate::model::lifetime::Lifetime;
use crate::model::redirect_uri::RedirectUri;
use crate::model::scope::Scope;
use crate::model::sign_in::RequiredFactor;
use crate::toml_file::{Section, one_of};

use super::{choice_or_later, judge, known_or_later, place};

const LATER_GRANTS: [&str; 1] = ["urn:ietf:params:oauth:grant-type:device_code"];
const ALGORITHMS: [(Algorithm, &str); 3] =
    [(Algorithm::Rs256, "RS256"), (Algorithm::Es256, "ES256"), (Algorithm::EdDsa, "EdDSA")];

pub(super) fn client(section: &Section<'_>) -> Option<DeclaredClient> {
    let (id, name) = (section.required("id"), section.required("name"));
    section.required("type");
    let kind = choice_or_later(section, "type", &ClientType::ALL, &["device"]);
    let client_key = section.string("client_key");
    let base = base(id.as_deref(), name.as_deref(), kind, &faces(section));
    let client = described(section, Client { client_key: client_key.clone().unwrap_or(base.id.to_string()), ..base });
    let declared = DeclaredClient {
        place: place(section),
        client_key,
        access_keys: section.has("access_keys"),
        secrets: secrets(section, client.kind),
        disabled: section.boolean("disabled"),
        client,
    };
    let whole = id.is_some() && name.is_some() && kind.is_some();
    let problems = rules::client(&declared.client, &dialects::FACES);
    // Without a type nobody knows what the rest would have to be; what stands by itself is judged all the same.
    let judged = problems.into_iter().filter(|problem| whole || stands_alone(section, problem.field));
    judge(section, judged.collect());
    section.close();
    whole.then_some(declared)
}

/// Whether a key is there and its value is right or wrong whatever the other keys say.
fn stands_alone(section: &Section<'_>, key: &'static str) -> bool {
    const ALONE: [&str; 12] = [
        "id",
        "client_key",
        "name",
        "origins",
        "groups",
        "audience",
        "released_attributes",
        "account_id",
        "code_ttl",
        "access_ttl",
        "refresh_ttl",
        "refresh_grace",
    ];
    ALONE.contains(&key) && section.has(key)
}

/// What is customary for its type. What is missing was reported; something has to stand in its place to read on.
fn base(id: Option<&str>, name: Option<&str>, kind: Option<ClientType>, faces: &[Face]) -> Client {
    let id = ClientId::from_text(id.unwrap_or("missing"));
    let name = name.unwrap_or("missing").to_owned();
    customary(kind.unwrap_or(ClientType::Web), id, name, faces, &dialects::FACES)
}

fn described(section: &Section<'_>, mut base: Client) -> Client {
    if let Some(profile) = section.choice("claims_profile", &ClaimsProfile::ALL) {
        choose_profile(&mut base, profile);
    }
    let redirect_uris = section.list("redirect_uris", RedirectUri::parse).unwrap_or_default();
    let scope_set = |scopes: Vec<Scope>| scopes.into_iter().collect();
    if section.boolean("require_pkce") == Some(false) && base.is_public() {
        section.report("require_pkce", "a client without a secret always needs PKCE: leave the key out");
    }
    Client {
        origins: section.strings("origins").unwrap_or_else(|| customary_origins(base.kind, &redirect_uris)),
        redirect_uris,
        post_logout_redirect_uris: section.list("post_logout_redirect_uris", RedirectUri::parse).unwrap_or_default(),
        grants: section
            .list("grants", |text| known_or_later(text, &GrantType::ALL, &LATER_GRANTS))
            .map_or(base.grants, |grants| grants.into_iter().collect()),
        scopes: section.list("scopes", Scope::parse).map_or(base.scopes, scope_set),
        groups: section.strings("groups").unwrap_or_default().into_iter().collect(),
        consent: section
            .choice("consent", &[(ConsentPolicy::Ask, "ask"), (ConsentPolicy::Skip, "skip")])
            .unwrap_or(base.consent),
        required_factor: section.choice("required_factor", &RequiredFactor::ALL).unwrap_or_default(),
        first_party: section.boolean("first_party").unwrap_or(false),
        require_pkce: section.boolean("require_pkce").unwrap_or(base.require_pkce),
        require_device_id: section.boolean("require_device_id").unwrap_or(false),
        id_token_alg: section.choice("id_token_alg", &ALGORITHMS).unwrap_or(base.id_token_alg),
        access_token: section
            .choice("access_token", &[(AccessTokenForm::Jwt, "jwt"), (AccessTokenForm::Opaque, "opaque")])
            .unwrap_or(base.access_token),
        access_token_alg: section.choice("access_token_alg", &ALGORITHMS).unwrap_or(base.access_token_alg),
        audience: section.strings("audience").unwrap_or(base.audience),
        released_attributes: released(section),
        account_id: section.string("account_id").unwrap_or_default(),
        access_keys: access_keys(section),
        code_ttl: section.parsed("code_ttl", Lifetime::parse).unwrap_or(base.code_ttl),
        access_ttl: section.parsed("access_ttl", Lifetime::parse).unwrap_or(base.access_ttl),
        refresh_ttl: section.parsed("refresh_ttl", Lifetime::parse).unwrap_or(base.refresh_ttl),
        refresh_grace: section.parsed("refresh_grace", Lifetime::parse).unwrap_or(base.refresh_grace),
        ..base
    }
}

/// The dialects in the order of the file: what the file does not say is customary for the first.
fn faces(section: &Section<'_>) -> Vec<Face> {
    let known: Vec<(&str, &str)> = dialects::FACES.names().map(|name| (name, name)).collect();
    let names = section.list("dialects", one_of(&known));
    names.unwrap_or_else(|| vec![dialects::oidc::NAME]).into_iter().map(Face::named).collect()
}

/// `{ consumer = [...], contact = [...] }`.
fn released(section: &Section<'_>) -> ReleasedAttributes {
    let Some(section) = section.section("released_attributes") else { return ReleasedAttributes::default() };
    let set = |key| section.strings(key).unwrap_or_default().into_iter().collect();
    let released = ReleasedAttributes { consumer: set("consumer"), contact: set("contact") };
    section.close();
    released
}

/// Public JWKs (RFC 7517, section 4) of the one kind that access keys have: ES256.
fn access_keys(section: &Section<'_>) -> Vec<AccessKey> {
    section.sections("access_keys").iter().filter_map(access_key).collect()
}

fn access_key(section: &Section<'_>) -> Option<AccessKey> {
    section.choice("kty", &[((), "EC")]);
    section.choice("crv", &[((), "P-256")]);
    section.choice("alg", &[((), "ES256")]);
    section.choice("use", &[((), "sig")]);
    if section.has("d") {
        section.report("d", "this is the private half: give the public key only");
    }
    let (kid, x, y) = (section.required("kid"), section.required("x"), section.required("y"));
    let key = AccessKey { kid: kid?, x: x?, y: y?, created_at: Timestamp(0) };
    section.close();
    Some(key)
}

fn secrets(section: &Section<'_>, kind: ClientType) -> Option<Vec<DeclaredSecret>> {
    let lasting = |value| DeclaredSecret { value, expires_at: None };
    let plain = section.parsed("secret", |text| match text.len() {
        1..=1_024 => Ok(lasting(DeclaredSecretValue::Plain(Secret::new(text)))),
        _ => Err("expected a secret of 1 to 1024 bytes"),
    });
    let hashed = section.one_or_more("secret_hash", |at, text| hash(at, &text).map(lasting), ending);
    for key in ["secret", "secret_hash"] {
        if kind.is_public() && section.has(key) {
            section.report(key, format!("a {} client keeps no secret: leave the key out", kind.name()));
        }
    }
    if plain.is_some() && hashed.is_some() {
        section.report("secret_hash", "give secret or secret_hash, not both");
    }
    plain.map(|plain| vec![plain]).or(hashed)
}

/// `{ hash = "…", expires_at = "…" }`, as `export` writes a secret that ends.
fn ending(section: &Section<'_>) -> Option<DeclaredSecret> {
    let hash = section.required("hash").and_then(|text| hash(section, &text));
    let expires_at = section.parsed("expires_at", super::writing::parse_moment);
    Some(DeclaredSecret { value: hash?, expires_at })
}

fn hash(section: &Section<'_>, text: &str) -> Option<DeclaredSecretValue> {
    let hash = SecretHash::parse(text);
    if hash.is_none() {
        let key = if section.has("hash") { "hash" } else { "secret_hash" };
        section.report(key, r#"expected "sha256$<base64url of 32 bytes>" or "$argon2id$…""#);
    }
    hash.map(DeclaredSecretValue::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_in_files_are_those_of_the_standards() {
        for (algorithm, name) in ALGORITHMS {
            assert_eq!(algorithm.name(), name);
        }
        assert!(one_of(&ALGORITHMS)("HS256").is_err());
    }
}
