//! The grammar of single authorization parameters: text in, meaning or a refusal out.

use std::collections::BTreeMap;

use crate::base::ids::UserId;
use crate::model::claims::ClaimsRequest;
use crate::model::client::{Client, GrantType};
use crate::model::face::Law;
use crate::model::interaction::{Prompt, ResponseMode};
use crate::model::refusal::Refusal;
use crate::model::scope::{Scope, Scopes, by_name_only, is_built_in};
use crate::model::sign_in::RequiredFactor;

use Refusal::{ChallengeMethodUnsupported, ParameterMalformed, ScopeNotAllowed};

/// The parameters of one request, none repeated.
pub(super) type Parameters = BTreeMap<String, String>;

/// The longest `state` that is given back, in bytes.
const LONGEST_STATE: usize = 4096;
/// The longest `nonce`, in bytes.
const LONGEST_NONCE: usize = 512;
/// The longest `claims`, in bytes.
const LONGEST_CLAIMS: usize = 4096;

/// The value of `name`; an empty one counts as absent.
pub(super) fn value<'p>(parameters: &'p Parameters, name: &str) -> Option<&'p str> {
    parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// `state`, to be returned byte for byte.
pub(super) fn state(parameters: &Parameters) -> Result<Option<String>, Refusal> {
    at_most(LONGEST_STATE, parameters, "state")
}

/// `nonce` (OpenID Connect Core, section 3.1.2.1).
pub(super) fn nonce(parameters: &Parameters) -> Result<Option<String>, Refusal> {
    at_most(LONGEST_NONCE, parameters, "nonce")
}

fn at_most(longest: usize, parameters: &Parameters, name: &'static str) -> Result<Option<String>, Refusal> {
    match value(parameters, name) {
        Some(text) if text.len() > longest => Err(ParameterMalformed(name)),
        other => Ok(other.map(str::to_owned)),
    }
}

/// `response_mode` (OAuth 2.0 Multiple Response Types, section 2.1); `query` unless another is asked for.
pub(super) fn response_mode(parameters: &Parameters) -> Result<ResponseMode, Refusal> {
    match value(parameters, "response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err(Refusal::ResponseModeUnsupported),
    }
}

/// Only the code flow, and no request objects (OpenID Connect Core, section 3.1.2.6).
pub(super) fn flow(parameters: &Parameters) -> Result<(), Refusal> {
    let unsupported = [
        ("request", Refusal::RequestObjectUnsupported),
        ("request_uri", Refusal::RequestUriUnsupported),
        ("registration", Refusal::RegistrationUnsupported),
    ];
    if let Some((_, refusal)) = unsupported.into_iter().find(|(name, _)| value(parameters, name).is_some()) {
        return Err(refusal);
    }
    match value(parameters, "response_type") {
        None => Err(Refusal::ParameterMissing("response_type")),
        Some("code") => Ok(()),
        Some(_) => Err(Refusal::ResponseTypeUnsupported),
    }
}

/// What the law of some interfaces does not do without. A scope may be empty and is sent all the same.
pub(super) fn complete(law: &Law, parameters: &Parameters) -> Result<(), Refusal> {
    if law.needs_state && value(parameters, "state").is_none() {
        return Err(Refusal::ParameterMissing("state"));
    }
    if law.needs_scope && !parameters.contains_key("scope") {
        return Err(Refusal::ParameterMissing("scope"));
    }
    Ok(())
}

/// The S256 challenge without padding (RFC 7636, section 4.3); `None` where the client may do without one.
pub(super) fn challenge(client: &Client, parameters: &Parameters) -> Result<Option<String>, Refusal> {
    match (value(parameters, "code_challenge"), value(parameters, "code_challenge_method")) {
        (None, Some(_)) => Err(ParameterMalformed("code_challenge_method")),
        (None, None) if client.needs_pkce() => Err(Refusal::ChallengeMissing),
        (None, None) => Ok(None),
        // An absent method means `plain` (section 4.3).
        (Some(text), Some("S256")) => {
            // Clients in use pad the 32 bytes to whole quanta: exactly one `=`, which adds nothing.
            let text = text.strip_suffix('=').unwrap_or(text);
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            let fits = text.len() == 43 && text.bytes().all(plain);
            if fits { Ok(Some(text.to_owned())) } else { Err(ParameterMalformed("code_challenge")) }
        }
        (Some(_), _) => Err(ChallengeMethodUnsupported),
    }
}

/// `scope` (RFC 6749, section 3.3): every one must exist and be the client's. An absent scope means all the client may
/// have, except those that must be asked for by name; by the law of some interfaces these too.
pub(super) fn scopes(
    client: &Client,
    exists: impl Fn(&str) -> bool,
    law: &Law,
    parameters: &Parameters,
) -> Result<Scopes, Refusal> {
    let Some(text) = value(parameters, "scope") else {
        let given = |scope: &str| law.empty_scope_is_everything || !by_name_only(scope);
        return Ok(client.scopes.filter(|scope| exists(scope.as_str()) && given(scope.as_str())));
    };
    let asked = Scopes::parse(text).map_err(|_| ScopeNotAllowed)?;
    // Without refresh tokens it means nothing, and is ignored (OpenID Connect Core, section 11).
    let void = |scope: &Scope| scope.as_str() == Scope::OFFLINE_ACCESS && !client.may(GrantType::RefreshToken);
    let asked = asked.filter(|scope| !void(scope));
    let fits = asked.within(&client.scopes) && asked.iter().all(|scope| exists(scope.as_str()));
    if fits { Ok(asked) } else { Err(ScopeNotAllowed) }
}

/// Those of a client's scopes whose existence only the store can tell.
pub(super) fn own_scopes(client: &Client) -> Vec<String> {
    client.scopes.iter().map(Scope::as_str).filter(|scope| !is_built_in(scope)).map(str::to_owned).collect()
}

/// `prompt` (OpenID Connect Core, section 3.1.2.1).
pub(super) fn prompt(parameters: &Parameters) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for word in words(parameters, "prompt") {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(ParameterMalformed("prompt")),
        }
    }
    let asks = prompt.login || prompt.consent || prompt.select_account;
    if prompt.none && asks { Err(Refusal::PromptContradictory) } else { Ok(prompt) }
}

/// `max_age`: seconds, digits only.
pub(super) fn max_age(parameters: &Parameters) -> Result<Option<u64>, Refusal> {
    let Some(text) = value(parameters, "max_age") else { return Ok(None) };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(Some).ok_or(ParameterMalformed("max_age"))
}

/// `login_hint`, as it goes into the name field: one line of at most 256 characters, else none.
pub(super) fn login_hint(parameters: &Parameters) -> Option<String> {
    let text = value(parameters, "login_hint")?.trim();
    let fits = !text.is_empty() && text.chars().count() <= 256 && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

/// `ui_locales`: the first few language tags; what is none is passed over.
pub(super) fn ui_locales(parameters: &Parameters) -> Vec<String> {
    let tag = |word: &&str| word.len() <= 35 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    words(parameters, "ui_locales").filter(tag).take(8).map(str::to_owned).collect()
}

fn words<'p>(parameters: &'p Parameters, name: &str) -> impl Iterator<Item = &'p str> {
    value(parameters, name).unwrap_or_default().split(' ').filter(|word| !word.is_empty())
}

/// The class of authentication that is asked for as essential, and the one that would be liked: of several the weakest, which
/// is as good an answer as the others (OpenID Connect Core, sections 3.1.2.1 and 5.5.1.1).
pub(super) fn factors(parameters: &Parameters, claims: &ClaimsRequest) -> (RequiredFactor, RequiredFactor) {
    let acr = claims.id_token.get("acr");
    let of_claim = |essential: bool| {
        let demand = acr.filter(|demand| demand.essential == essential);
        least(demand.into_iter().flat_map(|demand| &demand.values).filter_map(|acr| acr.as_str()))
    };
    let wanted = of_claim(false).max(least(words(parameters, "acr_values")));
    (of_claim(true).unwrap_or_default(), wanted.unwrap_or_default())
}

/// The weakest of these classes, of those that are known here.
fn least<'a>(classes: impl Iterator<Item = &'a str>) -> Option<RequiredFactor> {
    classes.filter_map(RequiredFactor::of_class).min()
}

/// `claims` (OpenID Connect Core, section 5.5) with the person whose `sub` is asked for by value, if one is. Outside an
/// OpenID request it means nothing.
pub(super) fn claims(scopes: &Scopes, parameters: &Parameters) -> Result<(ClaimsRequest, Option<UserId>), Refusal> {
    let malformed = ParameterMalformed("claims");
    let Some(text) = value(parameters, "claims") else { return Ok(Default::default()) };
    if text.len() > LONGEST_CLAIMS {
        return Err(malformed);
    }
    let claims = ClaimsRequest::parse(text).ok_or(malformed.clone())?;
    if !scopes.has(Scope::OPENID) {
        return Ok(Default::default());
    }
    // An essential class that cannot be met is a failed authentication (section 5.5.1.1).
    let acr = claims.id_token.get("acr").filter(|demand| demand.essential && !demand.values.is_empty());
    if acr.is_some_and(|demand| least(demand.values.iter().filter_map(|acr| acr.as_str())).is_none()) {
        return Err(Refusal::AcrUnmet);
    }
    let mut wanted = Vec::new();
    for demand in [&claims.userinfo, &claims.id_token].into_iter().filter_map(|part| part.get("sub")) {
        for value in &demand.values {
            wanted.push(value.as_str().ok_or(malformed.clone())?);
        }
    }
    wanted.dedup();
    match wanted.as_slice() {
        [] => Ok((claims, None)),
        [one] => {
            let user = UserId::from_text(*one);
            Ok((claims, Some(user)))
        }
        // A session has one person in it; two cannot both be meant.
        _ => Err(malformed),
    }
}
