//! `/login/passkey/…`: signing in with a passkey, instead of a password or after it, or to confirm who one is.

use std::sync::Arc;

use poem::{Request, Response, Route};

use crate::base::ids::SignInId;
use crate::engine::users::EnrolledInSignIn;
use crate::engine::users::passkeys::{NewKey, PasskeySignIn};
use crate::http::cookies;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page_while_acting};

use super::ResumePath;
use super::passkeys::answer_of;
use super::second_factor::going;
use super::sign_in::{advance, cookie, interaction};
use super::{ceremonies, new_codes};

/// What is said when a passkey is refused, whatever the cause.
const REFUSED: &str = "That passkey was not accepted. Try another one, or go on another way.";

pub(super) fn mount(app: Route, desk: &Arc<Desk>, resume: ResumePath) -> Route {
    let finished = page_while_acting(desk, move |visit, request| finish(visit, request, resume));
    app.at("/login/passkey/begin", Methods::new().post(page_while_acting(desk, begin)))
        .at("/login/passkey/finish", Methods::new().post(finished))
}

async fn begin(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let (engine, caller, browser) = (visit.engine(), &visit.caller, &visit.browser.secret);
    let wanted = NewKey::called(fields.get("kind"));
    let begun = match (fields.get("sign_in"), &visit.current) {
        (Some(id), current) => {
            engine.begin_second_passkey(caller, &SignInId::from_text(id), browser, current.as_ref(), wanted).await
        }
        (None, Some(_)) if fields.contains("confirm") => {
            let Some(current) = visit.signed_in() else { return Ok(visit.not_theirs().await) };
            engine.begin_passkey_confirmation(caller, current, browser).await
        }
        _ => engine.begin_passkey_sign_in(caller, browser).await,
    };
    Ok(begun.map_or_else(|denied| ceremonies::refused(&visit, &denied, REFUSED), |begun| ceremonies::begun(&begun)))
}

async fn finish(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    if fields.contains("confirm") && visit.acts() {
        return Ok(visit.not_theirs().await);
    }
    let mut ask = ask(&visit, &fields);
    let (done, waiting) = if fields.contains("sign_in") {
        let going = going(&visit, fields.get("sign_in")).await?;
        (visit.engine().finish_second_passkey(&visit.caller, &going.sign_in.id, &ask).await, going.interaction)
    } else {
        let waiting = interaction(&visit, fields.get("interaction")).await?;
        ask.interaction = waiting.as_ref().map(|view| view.id.clone());
        let step = match fields.contains("confirm") {
            true => visit.engine().finish_passkey_confirmation(&visit.caller, &ask).await,
            false => visit.engine().finish_passkey_sign_in(&visit.caller, &ask).await,
        };
        (step.map(|step| EnrolledInSignIn { step, codes: Vec::new() }), waiting)
    };
    match done {
        Ok(EnrolledInSignIn { step, codes }) => {
            let next = fields.get("next");
            let onward = advance(&visit, &step, next, waiting.as_ref().map(|view| (resume, view)));
            Ok(ceremonies::onward(new_codes::first(&visit, &codes, next, waiting.as_ref(), onward)))
        }
        Err(denied) => {
            visit.desk.metrics.sign_in("wrong_passkey");
            Ok(ceremonies::refused(&visit, &denied, REFUSED))
        }
    }
}

/// Whether the sign-in page offers passkeys: those of whoever confirms who they are, or anybody's.
pub(super) async fn offered(visit: &Visit, confirming: bool) -> Result<bool, Response> {
    match visit.signed_in() {
        _ if !visit.engine().has_passkeys() => Ok(false),
        Some(current) if confirming => match visit.engine().passkeys(current).await {
            // A security key confirms as it signs in: after the password.
            Ok(known) => Ok(known.iter().any(|passkey| passkey.signs_in_alone)),
            Err(denied) => Err(visit.deny(&denied).await),
        },
        _ => Ok(true),
    }
}

fn ask(visit: &Visit, fields: &Params) -> PasskeySignIn {
    PasskeySignIn {
        answer: answer_of(visit, fields),
        interaction: None,
        current: visit.current.clone(),
        known: cookie(visit, cookies::SESSION),
        familiar: cookie(visit, cookies::FAMILIAR),
    }
}
