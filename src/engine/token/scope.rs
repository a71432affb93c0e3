//! The parameter `scope` at the token endpoint.

use crate::model::client::{Client, GrantType};
use crate::model::refusal::Refusal;
use crate::model::scope::{Scope, Scopes, by_name_only, is_built_in};
use crate::model::user::User;

/// Reads it; `None` when it is absent or empty.
pub(super) fn read(text: Option<&str>) -> Result<Option<Scopes>, Refusal> {
    let scopes = text.map(Scopes::parse).transpose().map_err(|_| Refusal::ScopeNotAllowed)?;
    Ok(scopes.filter(|scopes| !scopes.is_empty()))
}

/// What a grant of `granted` yields: what is asked for, which may only be less (RFC 6749, section 6), as far as the client
/// may still have it.
pub(super) fn narrow(asked: Option<&Scopes>, granted: &Scopes, allowed: &Scopes) -> Result<Scopes, Refusal> {
    let scopes = asked.unwrap_or(granted);
    if !scopes.within(granted) {
        return Err(Refusal::ScopeWidened);
    }
    if !scopes.within(allowed) {
        // Whoever asked for less can ask for less still; whoever asked for nothing must begin anew.
        return Err(if asked.is_some() { Refusal::ScopeNotAllowed } else { Refusal::ScopeWithdrawn });
    }
    Ok(scopes.clone())
}

/// What a client is given that let somebody in by itself: what it asks for, as far as it may have it; without asking, all it
/// may have but what must be asked for by name.
pub(super) fn of_newcomer(asked: Option<&Scopes>, client: &Client) -> Result<Scopes, Refusal> {
    let Some(asked) = asked else { return Ok(client.scopes.filter(|scope| !by_name_only(scope.as_str()))) };
    if !asked.within(&client.scopes) {
        return Err(Refusal::ScopeNotAllowed);
    }
    // Without refresh tokens it means nothing, and is ignored (OpenID Connect Core, section 11).
    let void = |scope: &Scope| scope.as_str() == Scope::OFFLINE_ACCESS && !client.may(GrantType::RefreshToken);
    Ok(asked.filter(|scope| !void(scope) && scope.as_str() != Scope::AUTHORIZE))
}

/// What is left of it about a guest, of whom there is nothing to know, and whom nobody put in charge of anything.
pub(super) fn of_guest(scopes: &Scopes) -> Scopes {
    let kept = |scope: &str| {
        matches!(scope, Scope::OPENID | Scope::OFFLINE_ACCESS) || !(is_built_in(scope) || by_name_only(scope))
    };
    scopes.filter(|scope| kept(scope.as_str()))
}

/// What was asked for, without what a sign-in front end is granted in any case.
pub(super) fn wanted(asked: Option<&Scopes>, client: &Client) -> Option<Scopes> {
    let given = |scope: &Scope| client.is_front_end() && scope.as_str() == Scope::AUTHORIZE;
    asked.map(|asked| asked.filter(|scope| !given(scope)))
}

/// The scopes of a token: those of the grant, and for a sign-in front end what lets it sign its person in elsewhere.
pub(super) fn issued(scopes: Scopes, client: &Client, user: &User) -> Scopes {
    let always = client.scopes.filter(|scope| scope.as_str() == Scope::AUTHORIZE);
    if client.is_front_end() && !user.is_guest() { scopes.union(&always) } else { scopes }
}
