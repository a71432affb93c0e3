//! What pages show of an interaction.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, InteractionId};
use crate::base::secret::Secret;
use crate::engine::mint::always_told;
use crate::engine::users::Visitor;
use crate::engine::{Denied, Engine};
use crate::model::client::{Client, GrantType};
use crate::model::consent::Consent;
use crate::model::face::{Face, Law};
use crate::model::interaction::AuthorizationRequest;
use crate::model::lifetime::Lifetime;
use crate::model::refusal::Refusal;
use crate::model::scope::{BUILT_IN, Scope, ScopeDefinition};
use crate::model::user::User;

use super::next::{Next, Progress};
use super::steps::{Present, situation};
use super::values::Told;
use super::{ask, values};

/// An interaction as its pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionView {
    /// Its id, for forms and addresses.
    pub id: InteractionId,
    /// The interface it came through: the one to resume at.
    pub face: Face,
    /// What it waits for now, as far as this person goes. A page whose turn it is not leads back to the resume address.
    pub waits_for: WaitsFor,
    /// Who asks.
    pub client: ClientView,
    /// Where the answer leads, in words: the host, or the scheme of an application of its own.
    pub destination: String,
    /// That address itself; the `form-action` of a page whose form may end there must allow it.
    pub leads_to: String,
    /// What the client will know: a scope or single claim an entry.
    pub receives: Vec<AskView>,
    /// What it will be able to do: scopes that are not about claims.
    pub allows: Vec<AskView>,
    /// How long it stays signed in without the person, if it may: because it asks for that (`offline_access`), or by the law
    /// of one of its interfaces.
    pub offline: Option<Stay>,
    /// What to write into the name field.
    pub login_hint: Option<String>,
    /// The languages the client suggests, most wanted first.
    pub ui_locales: Vec<String>,
    /// The person who is signed in only has to prove again who they are.
    pub confirms: bool,
    /// The client asks for another person than the one who is signed in.
    pub expects_another: bool,
}

/// How long a client stays signed in without the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// For so long.
    pub span: Lifetime,
    /// Whether that is counted from each use, so that it lasts until nobody used it for so long.
    pub from_each_use: bool,
}

/// What an interaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// The sign-in page.
    SignIn,
    /// The page that asks for more than was proved so far.
    StepUp,
    /// The page that asks which account.
    SelectAccount,
    /// The consent page.
    Consent,
    /// Nothing: the resume address answers the client.
    Nothing,
}

/// A client as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientView {
    /// Its id.
    pub id: ClientId,
    /// What people call it.
    pub name: String,
    /// Who registered it; `None`: the declared-state file.
    pub added_by: Option<String>,
    /// When.
    pub added_at: Timestamp,
    /// Whether a user registered it, and no administrator.
    pub self_registered: bool,
}

/// One thing a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskView {
    /// The scope, or the claim asked for by itself.
    pub name: String,
    /// The sentence people read; `None` when nobody has written one.
    pub sentence: Option<String>,
    /// Everything it would receive now; empty when there is nothing, or nobody is signed in.
    pub values: Vec<Told>,
    /// Whether the person agreed to it before.
    pub agreed_before: bool,
}

impl Engine {
    /// What the pages of an interaction show; `current` is who is signed in in this browser.
    ///
    /// # Errors
    /// [`Refusal::InteractionGone`] when it is unknown, too old or another browser's, [`Refusal::InteractionAnswered`] when it
    /// was answered before.
    pub async fn interaction(
        &self,
        id: &InteractionId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<InteractionView, Denied> {
        let now = self.now();
        let kept = self.pending_interaction(id, browser, now).await?;
        let request = &kept.request;
        let client = self.ledger.find::<Client>(request.client.as_str()).await?.ok_or(Refusal::InteractionGone)?;
        let present = Present::find(self, &client, request, current, now).await?;
        let names: Vec<String> = request.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        let described = self.ledger.find_all::<ScopeDefinition>(&names).await?;
        let described = described.iter().flatten().map(|scope| (scope.name.as_str(), scope.record())).collect();

        let at = situation(request, &client, &present, Progress::of(&kept), now);
        let user = present.person.as_ref().map(|(user, _)| user.record());
        let asks = Asks { request, described, user, before: present.consent.as_deref(), always: always_told(&client) };
        let waits_for = waits_for(&super::next::next(&at));
        Ok(InteractionView {
            id: id.clone(),
            face: request.face.clone(),
            waits_for,
            client: client_view(&client),
            destination: request.redirect_uri.destination(),
            leads_to: request.redirect_uri.as_str().to_owned(),
            receives: asks.receives(),
            allows: asks.allows(),
            offline: self.stay(request, &client),
            login_hint: request.login_hint.clone(),
            ui_locales: request.ui_locales.clone(),
            confirms: waits_for == WaitsFor::SignIn && at.is_expected_here() == Some(true),
            expects_another: at.is_expected_here() == Some(false),
        })
    }
}

impl Engine {
    /// How long `client` stays signed in beyond the person's session. The interface it will fetch its tokens through is not
    /// known yet, so what any of its own allows is told.
    fn stay(&self, request: &AuthorizationRequest, client: &Client) -> Option<Stay> {
        let laws: Vec<Law> = client.faces.iter().map(|face| self.faces.law(face)).collect();
        let outlives = request.scopes.has(Scope::OFFLINE_ACCESS) || laws.iter().any(|law| law.outlives_session(client));
        let from_each_use = laws.iter().any(|law| law.slides_for(client));
        let stays = outlives && client.may(GrantType::RefreshToken);
        stays.then_some(Stay { span: client.refresh_ttl, from_each_use })
    }
}

fn waits_for(next: &Next) -> WaitsFor {
    match next {
        Next::SignIn => WaitsFor::SignIn,
        Next::StepUp => WaitsFor::StepUp,
        Next::SelectAccount => WaitsFor::SelectAccount,
        Next::Consent => WaitsFor::Consent,
        Next::Ready | Next::Refuse(_) => WaitsFor::Nothing,
    }
}

fn client_view(client: &Client) -> ClientView {
    ClientView {
        id: client.id.clone(),
        name: client.name.clone(),
        added_by: client.created_by.clone(),
        added_at: client.created_at,
        self_registered: client.owner.is_some(),
    }
}

/// Everything asked for, with what is needed to say it in words.
struct Asks<'a> {
    request: &'a AuthorizationRequest,
    described: BTreeMap<&'a str, &'a ScopeDefinition>,
    user: Option<&'a User>,
    before: Option<&'a Consent>,
    /// Claims its access tokens carry whatever it asks for.
    always: &'static [&'static str],
}

impl Asks<'_> {
    /// Scopes that tell something of the person, then single claims, then what the client is told in any case.
    fn receives(&self) -> Vec<AskView> {
        let telling =
            self.in_order().into_iter().filter(|scope| *scope == Scope::OPENID || !self.claims_of(scope).is_empty());
        let singles = ask::single_claims(self.request).into_iter().map(|claim| self.claim(claim));
        telling.map(|scope| self.scope(scope)).chain(singles).chain(self.unasked()).collect()
    }

    /// What the client is told in any case and does not ask for.
    fn unasked(&self) -> impl Iterator<Item = AskView> {
        let asked = |claim: &str| {
            let single = ask::single_claims(self.request).iter().any(|single| single == claim);
            single || self.in_order().into_iter().any(|scope| self.claims_of(scope).iter().any(|told| told == claim))
        };
        self.always.iter().filter(move |claim| !asked(claim)).map(|claim| self.claim((*claim).to_owned()))
    }

    /// Scopes that let the client do something. Standing access is told apart.
    fn allows(&self) -> Vec<AskView> {
        let doing =
            |scope: &&str| !matches!(*scope, Scope::OPENID | Scope::OFFLINE_ACCESS) && self.claims_of(scope).is_empty();
        self.in_order().into_iter().filter(doing).map(|scope| self.scope(scope)).collect()
    }

    /// The scopes in the order people read them: who you are first, the deployment's own last.
    fn in_order(&self) -> Vec<&str> {
        let mut scopes: Vec<&str> = self.request.scopes.iter().map(Scope::as_str).collect();
        scopes.sort_by_key(|scope| BUILT_IN.iter().position(|(name, ..)| name == scope).unwrap_or(BUILT_IN.len()));
        scopes
    }

    fn scope(&self, scope: &str) -> AskView {
        let values = |user: &User| match scope {
            Scope::OPENID => vec![Told { what: "Your id".to_owned(), value: user.id.to_string() }],
            _ => values::of_claims(user, &self.claims_of(scope)),
        };
        AskView {
            name: scope.to_owned(),
            sentence: self.sentence_of(scope),
            values: self.user.map(values).unwrap_or_default(),
            agreed_before: self.before.is_some_and(|consent| consent.scopes.has(scope)),
        }
    }

    fn claim(&self, claim: String) -> AskView {
        AskView {
            sentence: values::sentence_of_claim(&claim),
            values: self.user.map(|user| values::of_claims(user, std::slice::from_ref(&claim))).unwrap_or_default(),
            agreed_before: self.before.is_some_and(|consent| consent.claims.contains(&claim)),
            name: claim,
        }
    }

    /// The administrator's sentence, else the one every deployment has.
    fn sentence_of(&self, scope: &str) -> Option<String> {
        let written = self.described.get(scope).map(|scope| scope.description.as_str());
        let built_in = || BUILT_IN.iter().find(|(name, ..)| *name == scope).map(|(_, sentence, _)| *sentence);
        written.filter(|sentence| !sentence.trim().is_empty()).or_else(built_in).map(str::to_owned)
    }

    fn claims_of(&self, scope: &str) -> Vec<String> {
        match BUILT_IN.iter().find(|(name, ..)| *name == scope) {
            Some((_, _, claims)) => {
                // UserInfo tells these with the profile, though no standard lists them there.
                let more: &[&str] = if scope == Scope::PROFILE { &["external_ids"] } else { &[] };
                claims.iter().chain(more).map(|claim| (*claim).to_owned()).collect()
            }
            None => self.described.get(scope).map(|scope| scope.claims.clone()).unwrap_or_default(),
        }
    }
}
