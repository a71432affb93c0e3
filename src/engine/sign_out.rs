//! Signing out, asked by a client (OpenID Connect RP-Initiated Logout).
//!
//! A valid hint — a token of ours, about somebody, given to the client that asks — signs that person out. Without one nobody
//! is signed out silently: whoever is there is asked.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::base::ids::{InteractionId, SessionId};
use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::{ClaimsProfile, Client, ClientType};
use crate::model::grant::{Grant, GrantEnd};
use crate::model::interaction::{Interaction, SignOutRequest};
use crate::model::redirect_uri::{self, RegisteredRedirect};
use crate::model::session::{Session, SessionLife};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::authorize::hint::{Hint, HintKind};
use super::authorize::with_query;
use super::users::Visitor;
use super::{Caller, Decision, Denied, Engine};

/// The longest `state` that is given back, in bytes.
const LONGEST_STATE: usize = 4096;
/// How many grants are read or ended at once.
const PAGE: usize = 200;

/// What happens next in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignOutStep {
    /// Signed out; the browser goes back to the client.
    Redirect(String),
    /// Signed out, or nobody was signed in.
    SignedOut {
        /// An address was given to go back to, and the client did not register it.
        redirect_refused: bool,
    },
    /// The person is asked first.
    Confirm(InteractionId),
    /// The person chose to stay signed in.
    Stayed,
}

/// What a person says when asked whether to sign out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOutAnswer {
    /// Sign out.
    SignOut,
    /// Stay signed in.
    Stay,
}

/// A sign-out that waits for the person's word, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOutView {
    /// Its id, for the form.
    pub id: InteractionId,
    /// What people call the client that asks, when it is known.
    pub client_name: Option<String>,
    /// The address the browser goes to afterwards; the page's `form-action` must allow it.
    pub leads_to: Option<String>,
    /// The applications whose access ends with this session, by name.
    pub applications: Vec<String>,
}

/// A sign-out request with everything known about it.
struct Asked {
    hint: Option<Hint>,
    client: Option<Kept<Client>>,
    redirect: Option<RegisteredRedirect>,
    redirect_refused: bool,
    state: Option<String>,
}

impl Engine {
    /// Signs somebody out because a client asks for it, or asks the person first.
    ///
    /// `parameters` are those of the query or form, none repeated: `id_token_hint`, `post_logout_redirect_uri`, `state`,
    /// `client_id`; others mean nothing here. `browser` is the secret in the browser's own cookie.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`](crate::model::refusal::Refusal::TooManyTries), [`Denied::Busy`], or the store's fault.
    pub async fn request_sign_out(
        &self,
        caller: &Caller,
        parameters: &BTreeMap<String, String>,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<SignOutStep, Denied> {
        let asked = self.sign_out_asked(parameters).await?;
        let Some(hint) = &asked.hint else {
            return match current {
                Some(_) => self.ask_to_sign_out(caller, asked, browser).await,
                None => Ok(SignOutStep::SignedOut { redirect_refused: asked.redirect_refused }),
            };
        };
        self.settle(|| self.end_hinted(caller, hint, current)).await?;
        let everywhere = |client: &Kept<Client>| client.first_party || client.claims_profile == ClaimsProfile::Incrowd;
        // Whoever acts for somebody ends that, and nothing their person has elsewhere.
        let acts = hint.acted || current.is_some_and(|current| current.acting().is_some());
        if !acts && asked.client.as_ref().is_some_and(everywhere) && self.now() < hint.expires_at {
            self.end_grants_of(caller, hint).await?;
        }
        match current {
            Some(current) if current.user().id != hint.user => self.ask_to_sign_out(caller, asked, browser).await,
            _ => Ok(asked.leave()),
        }
    }

    /// What the page shows that asks whether to sign out.
    ///
    /// # Errors
    /// [`Refusal::InteractionGone`](crate::model::refusal::Refusal::InteractionGone) when it is unknown, answered, too old or
    /// another browser's.
    pub async fn sign_out_request(
        &self,
        id: &InteractionId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<SignOutView, Denied> {
        let waiting = self.waiting_sign_out(id, browser, self.now()).await?;
        let client = match &waiting.client {
            Some(client) => self.ledger.find::<Client>(client.as_str()).await?,
            None => None,
        };
        let applications = match current {
            Some(current) => self.applications_of(&current.session().id).await?,
            None => Vec::new(),
        };
        Ok(SignOutView {
            id: id.clone(),
            client_name: client.map(|client| client.name.clone()),
            leads_to: waiting.redirect.as_ref().map(|redirect| redirect.as_str().to_owned()),
            applications,
        })
    }

    /// Does what the person says, once.
    ///
    /// # Errors
    /// As [`Engine::sign_out_request`].
    pub async fn confirm_sign_out(
        &self,
        caller: &Caller,
        id: &InteractionId,
        browser: &Secret,
        current: Option<&Visitor>,
        answer: SignOutAnswer,
    ) -> Result<SignOutStep, Denied> {
        self.settle(|| async {
            let waiting = self.waiting_sign_out(id, browser, self.now()).await?;
            let mut changes = Changes::new();
            changes.delete(&waiting);
            if answer == SignOutAnswer::Stay {
                return Ok(Decision { answer: Ok(SignOutStep::Stayed), changes });
            }
            if let Some(current) = current {
                self.sign_out_changes(caller, current, &mut changes).await?;
            }
            let step = leave(waiting.redirect.as_ref(), waiting.redirect_refused, waiting.state.as_ref());
            Ok(Decision { answer: Ok(step), changes })
        })
        .await
    }

    /// Reads the parameters. A hint counts only for a client that is there and enabled, and for the one that `client_id`
    /// names, where that is given.
    async fn sign_out_asked(&self, parameters: &BTreeMap<String, String>) -> Result<Asked, Fault> {
        let value = |name| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let named = value("client_id");
        let hint = match value("id_token_hint") {
            Some(token) => self.hint(token).await?,
            None => None,
        };
        let hint = hint.filter(|hint| named.is_none_or(|named| named == hint.client.as_str()));
        let client = match named.or(hint.as_ref().map(|hint| hint.client.as_str())) {
            Some(id) => self.ledger.find::<Client>(id).await?,
            None => None,
        };
        let enabled = client.as_ref().is_some_and(|client| client.disabled_at.is_none());
        let hint = hint.filter(|_| enabled);
        let sent = value("post_logout_redirect_uri");
        let redirect = client.as_ref().zip(sent).and_then(|(client, sent)| registered(client, sent));
        Ok(Asked {
            redirect_refused: sent.is_some() && redirect.is_none(),
            state: value("state").filter(|state| state.len() <= LONGEST_STATE).map(str::to_owned),
            hint,
            client,
            redirect,
        })
    }

    /// Keeps the request until the person has been asked.
    async fn ask_to_sign_out(&self, caller: &Caller, asked: Asked, browser: &Secret) -> Result<SignOutStep, Denied> {
        let now = self.now();
        self.may_begin(caller, None, now)?;
        let request = SignOutRequest {
            id: InteractionId::random(&*self.rng),
            browser: browser.digest(),
            redirect: asked.redirect,
            redirect_refused: asked.redirect_refused,
            state: asked.state,
            client: asked.client.map(|client| client.id.clone()),
            expires_at: now.plus(Interaction::LIFETIME),
        };
        self.settle(|| async {
            Ok(Decision::allow(SignOutStep::Confirm(request.id.clone())).with(|changes| {
                changes.create(&request);
            }))
        })
        .await
    }

    /// Ends the session the hint names and, if it is the same person's, the one in this browser. Where somebody acts in this
    /// browser, it ends nothing but that, and the session of their own they left to do so.
    async fn end_hinted(
        &self,
        caller: &Caller,
        hint: &Hint,
        current: Option<&Visitor>,
    ) -> Result<Decision<()>, Denied> {
        let here = current.map(|current| current.session().id.clone());
        let hinted = match current.and_then(Visitor::acting) {
            Some(_) => None,
            None => self.hinted_session(hint).await?,
        };
        let mut ids: Vec<SessionId> = hinted.into_iter().chain(here).collect();
        ids.dedup();
        let ids: Vec<String> = ids.iter().map(SessionId::to_string).collect();
        let found = self.ledger.find_all::<Session>(&ids).await?;
        let theirs = |session: &Kept<Session>| session.user == hint.user && session.life == SessionLife::Open;
        let now = self.now();
        let by = |session: &Session| match current {
            Some(current) if current.user().id == session.user => current.audited(),
            _ => AuditActor::Client(hint.client.clone()),
        };
        let mut changes = Changes::new();
        for session in found.into_iter().flatten().filter(theirs) {
            let record = self.sign_out_record(caller, by(&session), &session);
            changes.update(&session, &ended(&session, now)).create(&record.about_client(&hint.client));
            // What was left is ended from its own browser only, by whoever holds that.
            let is_here = current.is_some_and(|current| current.session().id == session.id);
            if is_here && let Some((own, _)) = self.own_session_left(&session).await? {
                let record = self.sign_out_record(caller, own.audited(), &own);
                changes.update(&own, &ended(&own, now)).create(&record.about_client(&hint.client));
            }
        }
        Ok(Decision { answer: Ok(()), changes })
    }

    /// The session a hint leads to.
    async fn hinted_session(&self, hint: &Hint) -> Result<Option<SessionId>, Fault> {
        match &hint.kind {
            HintKind::IdToken(session) => Ok(Some(session.clone())),
            HintKind::AccessToken { grant, .. } => {
                let grant = self.ledger.find::<Grant>(grant.as_str()).await?;
                Ok(grant.map(|grant| grant.session.clone()))
            }
        }
    }

    /// Ends every grant of the hint's person, some at a time. Their sessions elsewhere stay open; what they gave
    /// clients does not.
    async fn end_grants_of(&self, caller: &Caller, hint: &Hint) -> Result<(), Denied> {
        let mut after: Option<String> = None;
        loop {
            let next = self.settle(|| self.end_some_grants(caller, hint, after.as_deref())).await?;
            match next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn end_some_grants(
        &self,
        caller: &Caller,
        hint: &Hint,
        after: Option<&str>,
    ) -> Result<Decision<Option<String>>, Denied> {
        let (now, prefix) = (self.now(), format!("{}/", hint.user));
        let page = self.ledger.list_by::<Grant>("user", &prefix, Order::Ascending, after, PAGE).await?;
        let mut changes = Changes::new();
        let live: Vec<&Kept<Grant>> = page.items.iter().filter(|grant| grant.is_live(now)).collect();
        let count = self.end_grants(&live, GrantEnd::SignedOut, &mut changes).await?;
        if count > 0 {
            let actor = AuditActor::Client(hint.client.clone());
            let record = caller.record(now, &*self.rng, actor, AuditKind::GrantRevoked);
            changes.create(&record.about_user(&hint.user).about_client(&hint.client).with("grants", count));
        }
        Ok(Decision { answer: Ok(page.next), changes })
    }

    /// The names of the applications whose access ends with this session, each once.
    async fn applications_of(&self, session: &SessionId) -> Result<Vec<String>, Fault> {
        let (now, prefix) = (self.now(), format!("{session}\0"));
        let grants = self.ledger.list_by::<Grant>("session", &prefix, Order::Descending, None, PAGE).await?;
        let ending = grants.items.iter().filter(|grant| grant.is_live(now) && !grant.offline);
        let mut ids: Vec<String> = ending.map(|grant| grant.client.to_string()).collect();
        ids.sort();
        ids.dedup();
        let clients = self.ledger.find_all::<Client>(&ids).await?;
        Ok(clients.into_iter().flatten().map(|client| client.name.clone()).collect())
    }
}

impl Asked {
    fn leave(&self) -> SignOutStep {
        leave(self.redirect.as_ref(), self.redirect_refused, self.state.as_ref())
    }
}

/// Where a browser goes that is signed out.
fn leave(redirect: Option<&RegisteredRedirect>, redirect_refused: bool, state: Option<&String>) -> SignOutStep {
    let Some(redirect) = redirect else { return SignOutStep::SignedOut { redirect_refused } };
    let state: Vec<_> = state.map(|state| ("state", state.clone())).into_iter().collect();
    SignOutStep::Redirect(with_query(redirect.as_str(), &state))
}

/// The address, if the client registered exactly this one; ports do not vary here, whatever kind of client it is.
fn registered(client: &Client, sent: &str) -> Option<RegisteredRedirect> {
    let known = redirect_uri::find(&client.post_logout_redirect_uris, ClientType::Web, sent);
    known.filter(|_| client.disabled_at.is_none())
}

fn ended(session: &Session, at: Timestamp) -> Session {
    Session { life: SessionLife::Ended { at }, ..session.clone() }
}

#[cfg(test)]
#[path = "sign_out_tests.rs"]
mod tests;
