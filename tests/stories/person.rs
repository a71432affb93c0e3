//! Somebody with an account and a browser.

use countersign::base::ids::UserId;

use super::app::{Answer, App, Asking, Tokens};
use super::browser::{Browser, Form};
use super::house::PASSWORD;
use super::wire::{Fields, Reply, query_of};

/// Somebody.
pub struct Person<'h> {
    pub name: String,
    pub id: UserId,
    pub browser: Browser<'h>,
}

impl<'h> Person<'h> {
    /// Signs in at the front door.
    pub async fn signs_in(&self) -> Reply {
        let page = self.browser.opens("/login").await;
        self.gives_password(&page).await
    }

    /// Fills in the sign-in page.
    pub async fn gives_password(&self, page: &Reply) -> Reply {
        self.browser.submits(page, &[("username", &self.name), ("password", PASSWORD)]).await
    }

    pub async fn signs_out(&self) -> Reply {
        let page = self.browser.opens("/sign-out").await;
        self.browser.submits(&page, &[("answer", "sign-out")]).await
    }

    /// The same person in another browser.
    pub fn elsewhere(&self, browser: Browser<'h>) -> Person<'h> {
        Person { name: self.name.clone(), id: self.id.clone(), browser }
    }

    /// Lets `app` have these scopes: signs in and agrees as far as that is asked.
    pub async fn lets(&self, app: &App<'_>, scopes: &str) -> Answer {
        self.answers(&app.asks(scopes)).await
    }

    /// The same, down to the tokens.
    pub async fn gives(&self, app: &App<'_>, scopes: &str) -> Tokens {
        let answer = self.lets(app, scopes).await;
        app.redeems(&answer).await.tokens()
    }

    /// Goes where the application sends people; the first page or redirect that comes.
    pub async fn goes(&self, asking: &Asking) -> Reply {
        self.browser.opens(&asking.path()).await
    }

    /// Goes there and through every page until the application has its answer.
    pub async fn answers(&self, asking: &Asking) -> Answer {
        let reply = self.goes(asking).await;
        self.finishes(asking, reply).await
    }

    /// Goes on from `reply` until the application has its answer.
    pub async fn finishes(&self, asking: &Asking, reply: Reply) -> Answer {
        let mut reply = self.browser.follows(reply).await;
        for _ in 0..5 {
            if matches!(reply.status, 302 | 303) {
                return Answer::read(asking, query_at(asking, reply.location()));
            }
            reply = match reply.title() {
                "Sign in" | "Confirm it is you" => self.gives_password(&reply).await,
                "Choose an account" => self.browser.submits(&reply, &[("choice", "continue")]).await,
                title if title.ends_with(" asks") => self.browser.submits(&reply, &[("answer", "continue")]).await,
                title if title.starts_with("On to ") => {
                    let form = Form::on(&reply);
                    assert_eq!(form.action, asking.redirect_uri());
                    return Answer::read(asking, form.hidden.into_iter().collect());
                }
                _ => panic!("an unexpected page: {reply}"),
            };
            reply = self.browser.follows(reply).await;
        }
        panic!("no end: {reply}");
    }
}

/// The parameters of an answer at the address it was asked for at.
#[track_caller]
pub fn query_at(asking: &Asking, location: &str) -> Fields {
    let rest = location.strip_prefix(asking.redirect_uri());
    let rest = rest.unwrap_or_else(|| panic!("led to {location} instead of {}", asking.redirect_uri()));
    assert!(rest.starts_with('?') || (asking.redirect_uri().contains('?') && rest.starts_with('&')), "{location}");
    query_of(location)
}
