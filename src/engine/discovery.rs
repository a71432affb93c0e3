//! What this server says about itself (OpenID Connect Discovery, section 3; RFC 8414, section 2), and nothing that is not so.

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::base::ids::ClientId;
use crate::jose::Algorithm;
use crate::model::client::{Client, GrantType};
use crate::model::face::Face;
use crate::model::refusal::Refusal;
use crate::model::scope::{BUILT_IN, Scope};
use crate::model::session::Authentication;

use super::{Denied, Engine, claims};

/// The two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// OpenID Connect Discovery.
    OpenidConfiguration,
    /// RFC 8414.
    AuthorizationServer,
}

/// Where the endpoints lie, as URLs; the engine knows no paths.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each field is the endpoint of that name")]
pub struct Endpoints {
    pub authorization: String,
    /// Absent while the canonical interface is switched off.
    pub token: Option<String>,
    /// Absent while the canonical interface is switched off.
    pub userinfo: Option<String>,
    pub keys: String,
    pub introspection: String,
    pub revocation: String,
    pub end_session: String,
}

/// A metadata document; its members are named as the registry of RFC 8414, section 7.1 names them.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "each field is the member of that name")]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    pub jwks_uri: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenidMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    pub revocation_endpoint: String,
    pub scopes_supported: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<&'static str>,
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<&'static str>,
    pub authorization_response_iss_parameter_supported: bool,
    pub ui_locales_supported: Vec<&'static str>,
}

/// What only OpenID Connect Discovery has.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "each field is the member of that name")]
pub struct OpenidMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    pub end_session_endpoint: String,
    pub subject_types_supported: Vec<&'static str>,
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub claims_supported: Vec<&'static str>,
    pub claim_types_supported: Vec<&'static str>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    pub prompt_values_supported: Vec<&'static str>,
    pub display_values_supported: Vec<&'static str>,
    pub acr_values_supported: Vec<&'static str>,
}

const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";
const NONE: &str = "none";

impl Engine {
    /// A metadata document: the server's, or what of it `client` may use.
    ///
    /// # Errors
    /// [`Refusal::ClientUnknown`], or the store's fault.
    pub async fn metadata(
        &self,
        which: Document,
        endpoints: &Endpoints,
        client: Option<&str>,
    ) -> Result<Metadata, Denied> {
        let mut metadata = everything(&self.identity.issuer, endpoints);
        if let Some(id) = client {
            let client = self.ledger.find::<Client>(id).await?.ok_or(Refusal::ClientUnknown)?;
            narrow(&mut metadata, &client);
            // What the canonical interface has is refused to clients that were not given it.
            let canonical = self.faces.all.first().map(|customs| Face::named(customs.name));
            if canonical.is_some_and(|canonical| !client.has_face(&canonical)) {
                metadata.token_endpoint = None;
                metadata.openid.iter_mut().for_each(|openid| openid.userinfo_endpoint = None);
            }
        }
        if which == Document::AuthorizationServer {
            metadata.openid = None;
        }
        Ok(metadata)
    }
}

fn everything(issuer: &str, endpoints: &Endpoints) -> Metadata {
    Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: endpoints.authorization.clone(),
        token_endpoint: endpoints.token.clone(),
        jwks_uri: endpoints.keys.clone(),
        openid: Some(openid(endpoints)),
        introspection_endpoint: Some(endpoints.introspection.clone()),
        revocation_endpoint: endpoints.revocation.clone(),
        scopes_supported: BUILT_IN
            .iter()
            .map(|(scope, ..)| (*scope).to_owned())
            .filter(|scope| scope != Scope::AUTHORIZE)
            .collect(),
        response_types_supported: vec!["code"],
        response_modes_supported: vec!["query", "form_post"],
        grant_types_supported: GrantType::ALL
            .into_iter()
            .filter(|(grant, _)| !grant.is_first_party())
            .map(|(_, name)| name)
            .collect(),
        token_endpoint_auth_methods_supported: vec![BASIC, POST, NONE],
        introspection_endpoint_auth_methods_supported: vec![BASIC, POST],
        revocation_endpoint_auth_methods_supported: vec![BASIC, POST, NONE],
        code_challenge_methods_supported: vec!["S256"],
        authorization_response_iss_parameter_supported: true,
        ui_locales_supported: vec!["en"],
    }
}

fn openid(endpoints: &Endpoints) -> OpenidMetadata {
    // Of ID tokens, then of access tokens, whose contents some of our clients read.
    let of_id_tokens = ["iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "act"];
    let of_access_tokens =
        ["jti", "nbf", "client_id", "first_name", "last_name", "minor_id", "scope", "authorities", "ati"];
    let of_tokens = of_id_tokens.into_iter().chain(of_access_tokens);
    OpenidMetadata {
        userinfo_endpoint: endpoints.userinfo.clone(),
        end_session_endpoint: endpoints.end_session.clone(),
        subject_types_supported: vec!["public"],
        id_token_signing_alg_values_supported: Algorithm::ALL.into_iter().map(Algorithm::name).collect(),
        claims_supported: claims::STANDARD.into_iter().chain(of_tokens).collect(),
        claim_types_supported: vec!["normal"],
        claims_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        prompt_values_supported: vec!["none", "login", "consent", "select_account"],
        display_values_supported: vec!["page"],
        acr_values_supported: Authentication::CLASSES.to_vec(),
    }
}

/// Leaves what `client` may use.
fn narrow(metadata: &mut Metadata, client: &Client) {
    let methods = match client.is_public() {
        true => vec![NONE],
        false => vec![BASIC, POST],
    };
    let asks_people = client.may(GrantType::AuthorizationCode);
    metadata.jwks_uri = with_client(&metadata.jwks_uri, &client.id);
    metadata.scopes_supported = client.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let may = GrantType::ALL.into_iter().filter(|(grant, _)| client.may(*grant));
    metadata.grant_types_supported = may.map(|(_, name)| name).collect();
    metadata.token_endpoint_auth_methods_supported = methods.clone();
    metadata.revocation_endpoint_auth_methods_supported = methods;
    // Members without elements are left out (RFC 8414, section 3.2).
    if client.is_public() {
        metadata.introspection_endpoint = None;
        metadata.introspection_endpoint_auth_methods_supported.clear();
    }
    if !asks_people {
        metadata.response_types_supported.clear();
        metadata.response_modes_supported.clear();
        metadata.code_challenge_methods_supported.clear();
    }
    if let Some(openid) = &mut metadata.openid {
        openid.id_token_signing_alg_values_supported = vec![client.id_token_alg.name()];
    }
}

/// `url?client_id=…`.
fn with_client(url: &str, client: &ClientId) -> String {
    let query: String =
        form_urlencoded::Serializer::new(String::new()).append_pair("client_id", client.as_str()).finish();
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{query}")
}
