//! Tokens for a client that acts for itself (RFC 6749, section 4.4).

use crate::model::refusal::Refusal;
use crate::model::scope::{self, Scopes};

use super::super::Decision;
use super::super::mint::{Authorization, Renewal, Subject};
use super::Asked;

/// The whole law of client credentials: only for whoever proved itself, nothing about people, nothing to renew.
pub(super) fn decide(asked: &Asked<'_>) -> Decision<Authorization> {
    let client = asked.client.client();
    if client.is_public() || !asked.client.has_proved() {
        return Decision::refuse(Refusal::GrantTypeNotAllowed);
    }
    // Every built-in scope is about a person.
    let own: Scopes = client.scopes.filter(|scope| !scope::is_built_in(scope.as_str()));
    let scopes = match &asked.scope {
        None => own,
        Some(scopes) if scopes.within(&own) => scopes.clone(),
        Some(_) => return Decision::refuse(Refusal::ScopeNotAllowed),
    };
    Decision::allow(Authorization {
        client: client.clone(),
        subject: Subject::Client,
        scopes,
        audience: client.audience.clone(),
        nonce: None,
        renewal: Renewal::Nothing,
    })
}
