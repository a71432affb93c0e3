//! `[[clients]]`.

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::engine::admin::client_change::{customary, customary_origins};
use crate::engine::admin::declared::{DeclaredClient, DeclaredSecret, DeclaredSecretValue};
use crate::engine::admin::rules;
use crate::jose::Algorithm;
use crate::model::client::{AccessTokenForm, ClaimsProfile, Client, ClientType, ConsentPolicy, GrantType, SecretHash};
use crate::model::face::Face;
use crate::model::lifetime::Lifetime;
use crate::model::redirect_uri::RedirectUri;
use crate::model::scope::Scope;
use crate::toml_file::Section;

use super::{LATER_DIALECTS, NOT_YET, choice_or_later, judge, known_or_later, place};

/// The one dialect so far.
const OIDC: &str = "oidc";
const LATER_GRANTS: [&str; 5] =
    ["password", "register", "register_minor", "anonymous", "urn:ietf:params:oauth:grant-type:device_code"];
const ALGORITHMS: [(Algorithm, &str); 3] =
    [(Algorithm::Rs256, "RS256"), (Algorithm::Es256, "ES256"), (Algorithm::EdDsa, "EdDSA")];

pub(super) fn client(section: &Section<'_>) -> Option<DeclaredClient> {
    let (id, name) = (section.required("id"), section.required("name"));
    section.required("type");
    let kind = choice_or_later(section, "type", &ClientType::ALL, &["device"]);
    let client_key = section.string("client_key");
    let base = base(id.as_deref(), name.as_deref(), kind);
    let client = described(section, Client { client_key: client_key.clone().unwrap_or(base.id.to_string()), ..base });
    for key in ["released_attributes", "account_id", "access_keys"] {
        section.later(key, NOT_YET);
    }
    let declared = DeclaredClient {
        place: place(section),
        client_key,
        secrets: secrets(section, client.kind),
        disabled: section.boolean("disabled"),
        client,
    };
    let whole = id.is_some() && name.is_some() && kind.is_some();
    if whole {
        judge(section, rules::client(&declared.client));
    }
    section.close();
    whole.then_some(declared)
}

/// What is customary for its type. What is missing was reported; something has to stand in its place to read on.
fn base(id: Option<&str>, name: Option<&str>, kind: Option<ClientType>) -> Client {
    let id = ClientId::from_text(id.unwrap_or("missing"));
    let name = name.unwrap_or("missing").to_owned();
    // The declared client key, or the one it has, takes the place of the one that is drawn here.
    customary(kind.unwrap_or(ClientType::Web), id, name, Timestamp(0), &crate::base::rng::SeededRng::new(0))
}

fn described(section: &Section<'_>, base: Client) -> Client {
    let redirect_uris = section.list("redirect_uris", RedirectUri::parse).unwrap_or_default();
    let scope_set = |scopes: Vec<Scope>| scopes.into_iter().collect();
    if section.boolean("require_pkce") == Some(false) && base.is_public() {
        section.report("require_pkce", "a client without a secret always needs PKCE: leave the key out");
    }
    Client {
        faces: faces(section),
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
        first_party: section.boolean("first_party").unwrap_or(false),
        require_pkce: section.boolean("require_pkce").unwrap_or(true),
        require_device_id: section.boolean("require_device_id").unwrap_or(false),
        id_token_alg: section.choice("id_token_alg", &ALGORITHMS).unwrap_or(base.id_token_alg),
        access_token: section
            .choice("access_token", &[(AccessTokenForm::Jwt, "jwt"), (AccessTokenForm::Opaque, "opaque")])
            .unwrap_or(base.access_token),
        access_token_alg: section.choice("access_token_alg", &ALGORITHMS).unwrap_or(base.access_token_alg),
        claims_profile: choice_or_later(
            section,
            "claims_profile",
            &[(ClaimsProfile::Rfc9068, "rfc9068")],
            &["incrowd", "worksection", "laserfiche"],
        )
        .unwrap_or(base.claims_profile),
        audience: section.strings("audience").unwrap_or_default(),
        code_ttl: section.parsed("code_ttl", Lifetime::parse).unwrap_or(base.code_ttl),
        access_ttl: section.parsed("access_ttl", Lifetime::parse).unwrap_or(base.access_ttl),
        refresh_ttl: section.parsed("refresh_ttl", Lifetime::parse).unwrap_or(base.refresh_ttl),
        refresh_grace: section.parsed("refresh_grace", Lifetime::parse).unwrap_or(base.refresh_grace),
        ..base
    }
}

fn faces(section: &Section<'_>) -> std::collections::BTreeSet<Face> {
    let names = section.list("dialects", |text| known_or_later(text, &[(OIDC, OIDC)], &LATER_DIALECTS));
    names.unwrap_or_else(|| vec![OIDC]).into_iter().map(Face::named).collect()
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
    use crate::toml_file::one_of;

    #[test]
    fn the_names_in_files_are_those_of_the_standards() {
        for (algorithm, name) in ALGORITHMS {
            assert_eq!(algorithm.name(), name);
        }
        assert!(one_of(&ALGORITHMS)("HS256").is_err());
    }
}
