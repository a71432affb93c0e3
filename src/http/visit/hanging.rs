//! How pages are hung: to whom each is open. The one place that every page of this server passes.

use std::future::Future;
use std::sync::Arc;

use poem::endpoint::make;
use poem::{Endpoint, Request, Response};

use crate::engine::users::{SignedIn, Visitor};
use crate::http::desk::Desk;
use crate::http::views::Problem;

use super::{Outcome, Visit, sign_in_first};

/// The endpoint that answers visits with `handler`. An administrator who acts for somebody in that browser is told that this
/// is not theirs to do, whatever it is.
pub fn page<H, F>(desk: &Arc<Desk>, handler: H) -> impl Endpoint<Output = Response> + use<H, F>
where
    H: Fn(Visit, Request) -> F + Send + Sync + Clone + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    hung(desk, handler, Open::ToPeople)
}

/// The same, and open to whoever acts for somebody too: what leads into applications, or out of acting. Nothing else.
pub fn page_while_acting<H, F>(desk: &Arc<Desk>, handler: H) -> impl Endpoint<Output = Response> + use<H, F>
where
    H: Fn(Visit, Request) -> F + Send + Sync + Clone + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    hung(desk, handler, Open::ToWhoeverActs)
}

/// To whom a page is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// To people in their own browsers.
    ToPeople,
    /// To whoever acts for somebody too.
    ToWhoeverActs,
}

fn hung<H, F>(desk: &Arc<Desk>, handler: H, open: Open) -> impl Endpoint<Output = Response> + use<H, F>
where
    H: Fn(Visit, Request) -> F + Send + Sync + Clone + 'static,
    F: Future<Output = Outcome> + Send + 'static,
{
    let desk = desk.clone();
    make(move |request: Request| {
        let (desk, handler) = (desk.clone(), handler.clone());
        async move {
            let browser = desk.browser(request.headers());
            let answer = match Visit::begin(desk.clone(), browser.clone(), &request).await {
                Ok(visit) if open == Open::ToPeople && visit.acts() => Err(visit.not_theirs().await),
                Ok(visit) => handler(visit, request).await,
                Err(answer) => Err(answer),
            };
            desk.remember(&browser, answer.unwrap_or_else(|stopped| stopped))
        }
    })
}

impl Visit {
    /// Who is signed in here, in their own hands.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        self.current.as_ref().and_then(Visitor::signed_in)
    }

    /// Whether an administrator acts for somebody here.
    pub fn acts(&self) -> bool {
        self.current.as_ref().is_some_and(|visitor| visitor.acting().is_some())
    }

    /// What whoever acts for somebody is told of what is that person's alone to do.
    pub async fn not_theirs(&self) -> Response {
        tracing::info!(request = %self.caller.request, cause = "somebody_acts", "refused");
        match self.frame().await {
            Ok(frame) => self.desk.show(&self.caller, Problem::not_theirs_to_do(frame)),
            Err(answer) => answer,
        }
    }

    /// Whoever applications see: who is signed in, or is acted for. Whoever is neither is sent to sign in.
    #[expect(clippy::result_large_err, reason = "the error is an answer, moved once and on its way out")]
    pub fn visitor(&self) -> Result<&Visitor, Response> {
        match &self.current {
            Some(visitor) if visitor.acting().is_some() => Ok(visitor),
            Some(visitor) => self.person().map(|_| visitor),
            None => Err(sign_in_first(&self.path)),
        }
    }
}
