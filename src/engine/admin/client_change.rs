//! A client as it is first made, and each thing about it that can be changed.

use std::collections::BTreeSet;

use crate::base::clock::Timestamp;
use crate::base::ids::{self, ClientId};
use crate::base::rng::Rng;
use crate::jose::Algorithm;
use crate::model::client::{
    AccessTokenForm, ClaimsProfile, Client, ClientType, ConsentPolicy, GrantType, ReleasedAttributes,
};
use crate::model::face::{ClientCustoms, Face, Faces};
use crate::model::lifetime::Lifetime;
use crate::model::redirect_uri::RedirectUri;
use crate::model::scope::{Scope, Scopes};
use crate::model::sign_in::RequiredFactor;

use super::Keeper;
use super::fields::{self, FieldChange};

/// A client to be made: what it is, and how it differs from the customary.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its `client_id`; `None`: generated. Only administrators choose one.
    pub id: Option<ClientId>,
    /// What people call it.
    pub name: String,
    /// What kind of program it is.
    pub kind: ClientType,
    /// The interfaces it may use; what is customary is that of the first.
    pub faces: Vec<Face>,
    /// What is not customary about it, applied in order.
    pub changes: Vec<ClientChange>,
}

/// One thing to change about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of `Client` of the same name")]
pub enum ClientChange {
    Name(String),
    ClientKey(String),
    Faces(BTreeSet<Face>),
    RedirectUris(Vec<RedirectUri>),
    /// Adds one redirect URI to the others.
    AddRedirectUri(RedirectUri),
    /// Removes the redirect URI that is written so.
    RemoveRedirectUri(String),
    PostLogoutRedirectUris(Vec<RedirectUri>),
    /// Adds one address to return to after signing out.
    AddPostLogoutRedirectUri(RedirectUri),
    /// Removes the one that is written so.
    RemovePostLogoutRedirectUri(String),
    Origins(Vec<String>),
    /// Adds one origin to the others.
    AddOrigin(String),
    /// Removes the origin that is written so.
    RemoveOrigin(String),
    Grants(BTreeSet<GrantType>),
    Scopes(Scopes),
    Groups(BTreeSet<String>),
    /// Opens it to one more group.
    AddGroup(String),
    /// Closes it to one group.
    RemoveGroup(String),
    Consent(ConsentPolicy),
    RequiredFactor(RequiredFactor),
    FirstParty(bool),
    RequirePkce(bool),
    RequireDeviceId(bool),
    ReleasedAttributes(ReleasedAttributes),
    AccountId(String),
    IdTokenAlg(Algorithm),
    AccessToken(AccessTokenForm),
    AccessTokenAlg(Algorithm),
    /// The profile, with the lifetimes and the algorithm that are customary for it; what is said after it counts.
    ClaimsProfile(ClaimsProfile),
    /// Takes what is customary for clients of the interface: lifetimes, algorithm, claims, audience, grants.
    Customs(Box<ClientCustoms>),
    Audience(Vec<String>),
    CodeTtl(Lifetime),
    AccessTtl(Lifetime),
    RefreshTtl(Lifetime),
    RefreshGrace(Lifetime),
}

impl ClientChange {
    /// Makes the change; whether the result is sound is for [`super::rules`] to say.
    pub(super) fn make(&self, client: &mut Client) {
        match self.clone() {
            ClientChange::Name(name) => client.name = name,
            ClientChange::ClientKey(key) => client.client_key = key,
            ClientChange::Faces(faces) => client.faces = faces,
            ClientChange::RedirectUris(uris) => client.redirect_uris = uris,
            ClientChange::AddRedirectUri(uri) => add(&mut client.redirect_uris, uri),
            ClientChange::RemoveRedirectUri(uri) => client.redirect_uris.retain(|known| known.as_str() != uri),
            ClientChange::PostLogoutRedirectUris(uris) => client.post_logout_redirect_uris = uris,
            ClientChange::AddPostLogoutRedirectUri(uri) => add(&mut client.post_logout_redirect_uris, uri),
            ClientChange::RemovePostLogoutRedirectUri(uri) => {
                client.post_logout_redirect_uris.retain(|known| known.as_str() != uri);
            }
            ClientChange::Origins(origins) => client.origins = origins,
            ClientChange::AddOrigin(origin) => add(&mut client.origins, origin),
            ClientChange::RemoveOrigin(origin) => client.origins.retain(|known| *known != origin),
            ClientChange::Grants(grants) => client.grants = grants,
            ClientChange::Scopes(scopes) => client.scopes = scopes,
            ClientChange::Groups(groups) => client.groups = groups,
            ClientChange::AddGroup(group) => drop(client.groups.insert(group)),
            ClientChange::RemoveGroup(group) => drop(client.groups.remove(&group)),
            ClientChange::Consent(consent) => client.consent = consent,
            ClientChange::RequiredFactor(factor) => client.required_factor = factor,
            ClientChange::FirstParty(yes) => client.first_party = yes,
            // Public clients always need it, so for them there is nothing to relax.
            ClientChange::RequirePkce(yes) => client.require_pkce = yes || client.is_public(),
            ClientChange::RequireDeviceId(yes) => client.require_device_id = yes,
            ClientChange::ReleasedAttributes(released) => client.released_attributes = released,
            ClientChange::AccountId(account) => client.account_id = account,
            ClientChange::IdTokenAlg(algorithm) => client.id_token_alg = algorithm,
            ClientChange::AccessToken(form) => client.access_token = form,
            ClientChange::AccessTokenAlg(algorithm) => client.access_token_alg = algorithm,
            ClientChange::ClaimsProfile(profile) => choose_profile(client, profile),
            ClientChange::Customs(customs) => accustom(client, &customs),
            ClientChange::Audience(audience) => client.audience = audience,
            ClientChange::CodeTtl(span) => client.code_ttl = span,
            ClientChange::AccessTtl(span) => client.access_ttl = span,
            ClientChange::RefreshTtl(span) => client.refresh_ttl = span,
            ClientChange::RefreshGrace(span) => client.refresh_grace = span,
        }
    }
}

fn add<T: PartialEq>(items: &mut Vec<T>, item: T) {
    if !items.contains(&item) {
        items.push(item);
    }
}

/// Gives `client` another shape of tokens, with what is customary for that one.
pub fn choose_profile(client: &mut Client, profile: ClaimsProfile) {
    if profile == ClaimsProfile::Incrowd && client.claims_profile != profile {
        client.access_ttl = Lifetime::seconds(86_400);
        client.refresh_ttl = Lifetime::seconds(182 * 86_400);
        client.access_token_alg = Algorithm::Rs256;
    }
    client.claims_profile = profile;
}

/// Gives `client` what is customary for clients of an interface.
fn accustom(client: &mut Client, customs: &ClientCustoms) {
    let grants = match client.kind {
        ClientType::Service => customs.service_grants,
        _ => customs.grants,
    };
    client.grants = grants.iter().copied().collect();
    client.require_pkce = customs.require_pkce || client.is_public();
    client.code_ttl = customs.code_ttl;
    client.access_ttl = customs.access_ttl;
    client.refresh_ttl = customs.refresh_ttl;
    client.access_token_alg = customs.access_token_alg;
    client.claims_profile = customs.claims_profile;
    client.audience = if customs.audience_is_client { vec![client.id.to_string()] } else { Vec::new() };
}

/// What taking over these customs would change about `client`, in the words of the declared-state file.
pub fn customs_would_change(client: &Client, customs: &ClientCustoms) -> Vec<FieldChange> {
    let mut accustomed = client.clone();
    accustom(&mut accustomed, customs);
    fields::diff(&fields::of_client(client), &fields::of_client(&accustomed))
}

/// A client of this kind with everything customary for the first of its interfaces.
pub fn customary(kind: ClientType, id: ClientId, name: String, faces: &[Face], known: &Faces) -> Client {
    let first = faces.first().and_then(|face| known.find(face.as_str()));
    let mut client = plain(kind, id, name);
    client.faces = faces.iter().cloned().collect();
    accustom(&mut client, &first.map_or(ClientCustoms::CANONICAL, |customs| customs.clients));
    client
}

/// A client of this kind before any custom; what is drawn and when it was made is for [`NewClient::draft`] to say.
fn plain(kind: ClientType, id: ClientId, name: String) -> Client {
    let scopes: &[&str] = match kind {
        ClientType::Service => &[],
        _ => &[Scope::OPENID, Scope::PROFILE, Scope::EMAIL],
    };
    Client {
        required_factor: Default::default(),
        client_key: id.to_string(),
        id,
        name,
        kind,
        secrets: Vec::new(),
        faces: BTreeSet::new(),
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        origins: Vec::new(),
        grants: BTreeSet::new(),
        scopes: scopes.iter().filter_map(|name| Scope::parse(name).ok()).collect(),
        groups: BTreeSet::new(),
        consent: ConsentPolicy::Ask,
        first_party: false,
        require_pkce: true,
        require_device_id: false,
        released_attributes: ReleasedAttributes::default(),
        account_id: String::new(),
        access_keys: Vec::new(),
        id_token_alg: Algorithm::Rs256,
        access_token: AccessTokenForm::Jwt,
        access_token_alg: Algorithm::EdDsa,
        claims_profile: ClaimsProfile::Rfc9068,
        audience: Vec::new(),
        code_ttl: Lifetime::seconds(60),
        access_ttl: Lifetime::seconds(3_600),
        refresh_ttl: Lifetime::seconds(30 * 86_400),
        refresh_grace: Lifetime::seconds(if kind.is_public() { 10 } else { 0 }),
        disabled_at: None,
        disabled_by_owner: false,
        created_at: Timestamp(0),
        created_by: None,
        owner: None,
        owner_place: None,
        managed: false,
        incarnation: String::new(),
    }
}

/// The origins of a single-page application's redirect URIs, each once: where its pages call from.
pub fn customary_origins(kind: ClientType, redirect_uris: &[RedirectUri]) -> Vec<String> {
    if kind != ClientType::Spa {
        return Vec::new();
    }
    let mut origins: Vec<String> = redirect_uris.iter().filter_map(RedirectUri::origin).collect();
    origins.sort();
    origins.dedup();
    origins
}

impl NewClient {
    /// The client this describes.
    pub(super) fn draft(&self, by: &Keeper, known: &Faces, at: Timestamp, rng: &dyn Rng) -> Client {
        let id = self.id.clone().unwrap_or_else(|| ClientId::random(rng));
        let mut client = customary(self.kind, id, self.name.clone(), &self.faces, known);
        client.client_key = ids::random(rng);
        client.incarnation = ids::random(rng);
        client.created_at = at;
        client.created_by = by.in_words();
        for change in &self.changes {
            change.make(&mut client);
        }
        if !self.changes.iter().any(|change| matches!(change, ClientChange::Origins(_))) {
            client.origins = customary_origins(client.kind, &client.redirect_uris);
        }
        client
    }
}
