//! The authorization endpoint's law, told with Alice and her browser.

mod answers;
mod grammar;
mod pages;
mod people;
mod redirects;

use std::collections::BTreeMap;

use super::*;
use crate::base::secret::Kind;
use crate::engine::Denied;
use crate::engine::house::{CALLBACK, CHALLENGE, House, caller, face};
use crate::model::client::Client;
use crate::model::redirect_uri::RedirectUri;
use crate::model::scope::Scopes;
use crate::model::session::Session;

/// A house whose client `web` has an address, and a browser.
pub(super) struct Scene {
    pub house: House,
    pub browser: Secret,
}

/// Parameters by name.
pub(super) type Sent = BTreeMap<String, String>;

impl Scene {
    pub async fn new() -> Scene {
        Scene::in_house(House::new().await).await
    }

    pub async fn in_house(house: House) -> Scene {
        house.change::<Client>("web", |client| client.redirect_uris = vec![address(CALLBACK)]).await;
        let browser = Kind::Browser.generate(&*house.engine.rng);
        Scene { house, browser }
    }

    /// Alice, signed in in this browser.
    pub async fn alice(&self) -> Visitor {
        self.signed_in("session-1").await
    }

    /// Whoever has this session.
    pub async fn signed_in(&self, session: &str) -> Visitor {
        let engine = &self.house.engine;
        let handle = Kind::Session.generate_handle(engine.now(), &*engine.rng);
        self.house
            .change::<Session>(session, |session| {
                session.cookie.clone_from(&handle.locator);
                session.digest = handle.secret.digest();
            })
            .await;
        engine.visitor(&handle.secret).await.unwrap().expect("the session is open")
    }

    /// An authorization request by `web`, with some parameters changed; an empty value leaves one out.
    pub async fn asks(&self, changed: &[(&str, &str)], current: Option<&Visitor>) -> Result<Step, AuthorizeRefused> {
        self.sends(&sent(changed), current).await
    }

    pub async fn sends(&self, sent: &Sent, current: Option<&Visitor>) -> Result<Step, AuthorizeRefused> {
        self.house.engine.authorize(&caller(), &face(), sent, &self.browser, current).await
    }

    pub async fn resumes(&self, id: &InteractionId, current: Option<&Visitor>) -> Result<Step, AuthorizeRefused> {
        self.house.engine.resume(&caller(), id, &self.browser, current).await
    }
}

/// What `web` sends, with some parameters changed; an empty value leaves one out.
pub(super) fn sent(changed: &[(&str, &str)]) -> Sent {
    let usual = [
        ("client_id", "web"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let mut sent: Sent = usual.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    sent.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    sent.retain(|_, value| !value.is_empty());
    sent
}

pub(super) fn address(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap()
}

pub(super) fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

/// The response that ends it.
pub(super) fn done(step: Result<Step, AuthorizeRefused>) -> AuthorizationResponse {
    match step {
        Ok(Step::Done(response)) => response,
        other => panic!("expected an answer, got {other:?}"),
    }
}

/// The interaction that waits.
pub(super) fn waiting(step: Result<Step, AuthorizeRefused>) -> InteractionId {
    match step {
        Ok(Step::SignIn(id) | Step::SelectAccount(id) | Step::Consent(id)) => id,
        other => panic!("expected a page, got {other:?}"),
    }
}

/// What the client is told.
pub(super) fn told(step: Result<Step, AuthorizeRefused>) -> RedirectRefusal {
    match step {
        Err(AuthorizeRefused::Redirect(told)) => *told,
        other => panic!("expected a refusal by redirect, got {other:?}"),
    }
}

/// What the person is told instead of a redirect.
pub(super) fn on_page(step: Result<Step, AuthorizeRefused>) -> PageRefusal {
    match step {
        Err(AuthorizeRefused::Page(page)) => *page,
        other => panic!("expected a page, got {other:?}"),
    }
}

/// Why it was denied.
pub(super) fn denied(step: Result<Step, AuthorizeRefused>) -> &'static str {
    match step {
        Err(AuthorizeRefused::Denied(Denied::Refused(refusal))) => refusal.name(),
        other => panic!("expected a denial, got {other:?}"),
    }
}
