//! What a person is asked to agree to, and what is remembered of it.

use std::collections::BTreeSet;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::model::consent::Consent;
use crate::model::interaction::AuthorizationRequest;
use crate::model::scope::{BUILT_IN, Scopes};

/// Every claim asked for by itself, essential or not.
pub(super) fn every_claim(request: &AuthorizationRequest) -> BTreeSet<String> {
    request.claims.userinfo.keys().chain(request.claims.id_token.keys()).cloned().collect()
}

/// The claims asked for by themselves that the person has to agree to: what a granted scope does not release anyway.
pub(super) fn single_claims(request: &AuthorizationRequest) -> BTreeSet<String> {
    let mut claims = every_claim(request);
    claims.retain(|claim| !released(&request.scopes, claim));
    claims
}

fn released(scopes: &Scopes, claim: &str) -> bool {
    BUILT_IN.iter().any(|(scope, _, claims)| scopes.has(scope) && claims.contains(&claim))
}

/// Whether `consent` covers everything the person would have to agree to.
pub(super) fn is_covered(request: &AuthorizationRequest, consent: &Consent) -> bool {
    consent.covers(&request.scopes, single_claims(request).iter())
}

/// What is remembered once the person agreed: everything agreed to before, and this.
pub(super) fn grown(
    before: Option<&Consent>,
    user: &UserId,
    request: &AuthorizationRequest,
    now: Timestamp,
) -> Consent {
    let mut claims = every_claim(request);
    claims.extend(before.iter().flat_map(|consent| consent.claims.iter().cloned()));
    Consent {
        user: user.clone(),
        client: request.client.clone(),
        scopes: before.map_or(request.scopes.clone(), |consent| consent.scopes.union(&request.scopes)),
        claims,
        since: before.map_or(now, |consent| consent.since),
        updated_at: now,
    }
}
