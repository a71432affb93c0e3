//! Everything about an authorization request that needs no person. The order matters: until client and address are certain,
//! nothing may be sent anywhere; after that, every refusal is told to the client.

use std::collections::BTreeSet;

use crate::base::ids::{ClientId, UserId};
use crate::engine::Engine;
use crate::model::client::{Client, GrantType};
use crate::model::face::{Face, Law};
use crate::model::interaction::{AuthorizationRequest, ResponseMode};
use crate::model::redirect_uri::{self, RegisteredRedirect};
use crate::model::refusal::Refusal;
use crate::model::scope::{ScopeDefinition, is_built_in};
use crate::records::Kept;
use crate::store::Fault;

use super::ask::every_claim;
use super::parameters::{self, Parameters, value};
use super::response::{AuthorizeRefused, PageRefusal, RedirectRefusal};

/// A request in which everything holds that needs no person, and the client it was held against.
pub(super) struct Asked {
    pub client: Kept<Client>,
    pub request: AuthorizationRequest,
}

impl Engine {
    /// Reads what the request is held against, and holds it against that.
    pub(super) async fn validate_authorize(
        &self,
        face: &Face,
        parameters: &Parameters,
    ) -> Result<Result<Asked, AuthorizeRefused>, Fault> {
        let client = match value(parameters, "client_id") {
            Some(id) => self.ledger.find::<Client>(id).await?,
            None => None,
        };
        let (client, redirect) = match asker(client, face, parameters) {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        let own: Vec<Option<Kept<ScopeDefinition>>> = self.ledger.find_all(&parameters::own_scopes(&client)).await?;
        let own: BTreeSet<&str> = own.iter().flatten().map(|scope| scope.name.as_str()).collect();
        let hinted = match value(parameters, "id_token_hint") {
            None => Ok(None),
            Some(hint) => self.hinted_user(hint, &client.id).map(Some).ok_or(Refusal::HintInvalid),
        };
        let scope_exists: &(dyn Fn(&str) -> bool + Sync) = &|name| is_built_in(name) || own.contains(name);
        let against = Against { client: &client, face, law: self.faces.law(face), scope_exists, hinted };
        let mut request = match request(against, redirect, parameters) {
            Ok(request) => request,
            Err(refused) => return Ok(Err(refused)),
        };
        if !request.claims.is_empty() {
            // What the client cannot be told anyway, nobody is asked about (OpenID Connect Core, section 5.5).
            let tellable = self.names_asked(every_claim(&request).iter(), &client).await?;
            request.claims.userinfo.retain(|name, _| tellable.contains(name));
            request.claims.id_token.retain(|name, _| tellable.contains(name));
        }
        Ok(Ok(Asked { client, request }))
    }
}

impl Engine {
    /// The refusal of a request for this reason, for the client if it is certain where that is.
    pub(super) async fn refused_request(
        &self,
        face: &Face,
        parameters: &Parameters,
        refusal: &Refusal,
    ) -> Result<AuthorizeRefused, Fault> {
        let client = match value(parameters, "client_id") {
            Some(id) => self.ledger.find::<Client>(id).await?,
            None => None,
        };
        Ok(match asker(client, face, parameters) {
            Ok((client, redirect)) => Told {
                client: &client.id,
                face,
                redirect: &redirect,
                mode: parameters::response_mode(parameters).unwrap_or(ResponseMode::Query),
                state: parameters::state(parameters).unwrap_or_default(),
            }
            .refuse(refusal.clone()),
            Err(refused) => refused,
        })
    }
}

/// Who asks, and where answers go (RFC 6749, section 4.1.2.1: until both are certain, nothing is redirected).
fn asker(
    client: Option<Kept<Client>>,
    face: &Face,
    parameters: &Parameters,
) -> Result<(Kept<Client>, RegisteredRedirect), AuthorizeRefused> {
    let Some(client) = client else {
        let named = value(parameters, "client_id").is_some();
        let refusal = if named { Refusal::ClientUnknown } else { Refusal::ClientMissing };
        return Err(on_page(refusal, face, None, parameters));
    };
    match usable(&client, face).and_then(|()| address(&client, parameters)) {
        Ok(redirect) => Ok((client, redirect)),
        Err(refusal) => Err(on_page(refusal, face, Some(&client), parameters)),
    }
}

fn address(client: &Client, parameters: &Parameters) -> Result<RegisteredRedirect, Refusal> {
    let sent = value(parameters, "redirect_uri").ok_or(Refusal::ParameterMissing("redirect_uri"))?;
    redirect_uri::find(&client.redirect_uris, client.kind, sent).ok_or(Refusal::RedirectUnregistered)
}

/// Whether the client may have people sent here at all.
fn usable(client: &Client, face: &Face) -> Result<(), Refusal> {
    if client.disabled_at.is_some() {
        return Err(Refusal::ClientDisabled);
    }
    if !client.has_face(face) {
        return Err(Refusal::ClientOfAnotherFace);
    }
    Ok(())
}

/// Whether the client may use this endpoint; if not, it is told (RFC 6749, section 4.1.2.1).
fn permitted(client: &Client) -> Result<(), Refusal> {
    if client.may(GrantType::AuthorizationCode) { Ok(()) } else { Err(Refusal::GrantTypeNotAllowed) }
}

/// The client as it is now, if it could still make a request that was kept for a while.
pub(super) fn still_holds(
    client: Option<Kept<Client>>,
    request: &AuthorizationRequest,
) -> Result<Kept<Client>, AuthorizeRefused> {
    let parameters = Parameters::from([
        ("client_id".to_owned(), request.client.to_string()),
        ("redirect_uri".to_owned(), request.redirect_uri.as_str().to_owned()),
    ]);
    let (client, _) = asker(client, &request.face, &parameters)?;
    permitted(&client).map_err(|refusal| AuthorizeRefused::told(request, refusal))?;
    let within = request.scopes.within(&client.scopes);
    if within { Ok(client) } else { Err(AuthorizeRefused::told(request, Refusal::ScopeNotAllowed)) }
}

fn on_page(refusal: Refusal, face: &Face, client: Option<&Client>, parameters: &Parameters) -> AuthorizeRefused {
    AuthorizeRefused::Page(Box::new(PageRefusal {
        refusal,
        face: face.clone(),
        client: client.map(|client| client.id.clone()),
        client_name: client.map(|client| client.name.clone()),
        sent: value(parameters, "redirect_uri").map(str::to_owned),
        registered: client.iter().flat_map(|client| &client.redirect_uris).map(|uri| uri.as_str().to_owned()).collect(),
    }))
}

/// What the parameters are held against.
struct Against<'a> {
    client: &'a Client,
    face: &'a Face,
    law: Law,
    scope_exists: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whom `id_token_hint` names.
    hinted: Result<Option<UserId>, Refusal>,
}

/// The request, once it is certain where answers go. State and mode come first, so that every refusal travels with them.
fn request(
    against: Against<'_>,
    redirect: RegisteredRedirect,
    parameters: &Parameters,
) -> Result<AuthorizationRequest, AuthorizeRefused> {
    let (state, mode) = (parameters::state(parameters), parameters::response_mode(parameters));
    let client = &against.client.id;
    let told = Told {
        client,
        face: against.face,
        redirect: &redirect,
        mode: mode.clone().unwrap_or(ResponseMode::Query),
        state: state.clone().unwrap_or_default(),
    };
    let refuse = |refusal| told.refuse(refusal);
    let (state, response_mode) = (state.map_err(refuse)?, mode.map_err(refuse)?);
    permitted(against.client).map_err(refuse)?;
    parameters::flow(parameters).map_err(refuse)?;
    parameters::complete(&against.law, parameters).map_err(refuse)?;
    let challenge = parameters::challenge(against.client, parameters).map_err(refuse)?;
    let scopes = parameters::scopes(against.client, against.scope_exists, &against.law, parameters).map_err(refuse)?;
    let prompt = parameters::prompt(parameters).map_err(refuse)?;
    let max_age = parameters::max_age(parameters).map_err(refuse)?;
    let nonce = parameters::nonce(parameters).map_err(refuse)?;
    let (claims, by_claim) = parameters::claims(&scopes, parameters).map_err(refuse)?;
    let by_hint = against.hinted.map_err(refuse)?;
    let expected_user = one_person(by_hint, by_claim).map_err(refuse)?;
    let (essential_factor, wanted_factor) = parameters::factors(parameters, &claims);
    Ok(AuthorizationRequest {
        client: client.clone(),
        face: against.face.clone(),
        redirect_uri: redirect.clone(),
        state,
        response_mode,
        scopes,
        challenge,
        nonce,
        prompt,
        max_age,
        expected_user,
        login_hint: parameters::login_hint(parameters),
        claims,
        ui_locales: parameters::ui_locales(parameters),
        essential_factor,
        wanted_factor,
    })
}

/// The person expected, when hint and claim do not contradict each other.
fn one_person(hint: Option<UserId>, claim: Option<UserId>) -> Result<Option<UserId>, Refusal> {
    match (hint, claim) {
        (Some(hint), Some(claim)) if hint != claim => Err(Refusal::ParameterMalformed("claims")),
        (hint, claim) => Ok(hint.or(claim)),
    }
}

/// Where a refusal goes.
struct Told<'a> {
    client: &'a ClientId,
    face: &'a Face,
    redirect: &'a RegisteredRedirect,
    mode: ResponseMode,
    state: Option<String>,
}

impl Told<'_> {
    fn refuse(&self, refusal: Refusal) -> AuthorizeRefused {
        AuthorizeRefused::Redirect(Box::new(RedirectRefusal {
            refusal,
            client: self.client.clone(),
            face: self.face.clone(),
            redirect: self.redirect.clone(),
            mode: self.mode,
            state: self.state.clone(),
        }))
    }
}
