//! The parameter `scope` at the token endpoint.

use crate::model::refusal::Refusal;
use crate::model::scope::Scopes;

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
