//! Redeeming an authorization code (RFC 6749, section 4.1.3; RFC 7636, section 4.6; RFC 9700, section 2.1.1).

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::secret::{Kind, Secret};
use crate::model::client::Client;
use crate::model::code::{Code, CodeLife};
use crate::model::face::Law;
use crate::model::grant::GrantEnd;
use crate::model::redirect_uri;
use crate::model::refusal::Refusal;
use crate::records::{Kept, RecordChanges};

use super::super::mint::Authorization;
use super::super::{Decision, Denied, Engine};
use super::Asked;
use super::person::Proof;

/// What a client presents to redeem.
pub(super) struct Presented<'r> {
    pub code: &'r Secret,
    pub redirect_uri: Option<&'r str>,
    pub verifier: Option<&'r Secret>,
}

impl Engine {
    /// The whole law of the authorization code. Nobody but its own client can use it up, and not by a mistake.
    pub(super) async fn redeem_code(
        &self,
        asked: &Asked<'_>,
        presented: &Presented<'_>,
    ) -> Result<Decision<Authorization>, Denied> {
        let Some(code) = self.find_code(presented.code).await? else {
            return Ok(Decision::refuse(Refusal::CodeUnknown));
        };
        let (client, now) = (asked.client.client(), self.now());
        if code.client != client.id {
            return Ok(Decision::refuse(Refusal::CodeOfAnotherClient));
        }
        if let CodeLife::Spent { .. } = code.life {
            return self.end_replayed(asked, &code.grant, GrantEnd::CodeReplayed, Refusal::CodeUsedBefore).await;
        }
        if let Err(refusal) = fits(&code, client, &self.faces.law(asked.face), presented, now) {
            return Ok(Decision::refuse(refusal));
        }
        let right = self.authorize_by_grant(asked, &code.grant, Proof::Code { nonce: code.nonce.clone() }).await?;
        let spent = Code { life: CodeLife::Spent { at: now }, ..code.record().clone() };
        Ok(match right.answer {
            Ok(_) => right.with(|changes| _ = changes.update(&code, &spent)),
            Err(_) => right,
        })
    }

    async fn find_code(&self, code: &Secret) -> Result<Option<Kept<Code>>, Denied> {
        let Some(handle) = Kind::AuthorizationCode.read_handle(code.expose()) else { return Ok(None) };
        let kept = self.ledger.find::<Code>(&handle.locator).await?;
        Ok(kept.filter(|kept| kept.digest.is_of(code.expose())))
    }
}

/// Whether a live code may be redeemed by its client with what is presented.
fn fits(code: &Code, client: &Client, law: &Law, presented: &Presented<'_>, now: Timestamp) -> Result<(), Refusal> {
    if code.expires_at <= now {
        return Err(Refusal::CodeExpired);
    }
    match presented.redirect_uri.filter(|uri| !uri.is_empty()) {
        // With one address registered, the client need not say which; it must be the one the code was sent to.
        None if law.may_omit_redirect_uri && client.redirect_uris.len() == 1 => {
            if redirect_uri::find(&client.redirect_uris, client.kind, &code.redirect_uri).is_none() {
                return Err(Refusal::RedirectMismatch);
            }
        }
        None => return Err(Refusal::ParameterMissing("redirect_uri")),
        Some(uri) if uri != code.redirect_uri => return Err(Refusal::RedirectMismatch),
        Some(_) => {}
    }
    let verifier = presented.verifier.filter(|verifier| !verifier.expose().is_empty());
    verifies(code.challenge.as_deref(), verifier, client.needs_pkce())
}

/// PKCE in both directions: a challenge needs its verifier, and a verifier its challenge (RFC 9700, section 4.8.2).
fn verifies(challenge: Option<&str>, verifier: Option<&Secret>, required: bool) -> Result<(), Refusal> {
    match (challenge, verifier) {
        (None, None) if !required => Ok(()),
        (_, None) => Err(Refusal::VerifierMissing),
        (None, Some(_)) => Err(Refusal::VerifierUnexpected),
        (Some(_), Some(verifier)) if !is_verifier(verifier.expose()) => {
            Err(Refusal::ParameterMalformed("code_verifier"))
        }
        (Some(challenge), Some(verifier)) => {
            let made = Secret::new(Digest::of(verifier.expose()).as_str());
            if made.is(challenge) { Ok(()) } else { Err(Refusal::VerifierWrong) }
        }
    }
}

/// 43 to 128 unreserved characters (RFC 7636, section 4.1).
fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}
