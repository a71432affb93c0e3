//! `/account/address`: the address somebody has. `/verify`: the link that shows that one is theirs.
//!
//! Looking at a link uses nothing up: only the button does (mail scanners follow links).

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Route};

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::users::NewAddress;
use crate::engine::users::verify_address::{AddressView, Confirmed, Confirming};
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::page::{Frame, Page, Problems};
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::model::refusal::Refusal;

use super::reset::by_mail;
use super::views::{LinkClosed, OwnAddress, Verify};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    let own = Methods::new().get(page(desk, |visit, _| show(visit))).post(page(desk, change));
    let link = Methods::new().get(page(desk, |visit, _| show_link(visit))).post(page(desk, confirm));
    app.at(ADDRESS, own).at("/account/address/verify", Methods::new().post(page(desk, verify))).at(paths::VERIFY, link)
}

const ADDRESS: &str = "/account/address";
/// The page with the form: only for whoever proved a moment ago who they are.
const CHANGE: &str = "/account/address?change=1";

async fn show(visit: Visit) -> Outcome {
    visit.person()?;
    let changing = visit.query.contains("change");
    if changing {
        visit.fresh(CHANGE).await?;
    }
    own_page(&visit, StatusCode::OK, changing, "", Problems::none()).await
}

async fn own_page(visit: &Visit, status: StatusCode, changing: bool, typed: &str, problems: Problems) -> Outcome {
    let user = visit.person()?.user();
    let view = OwnAddress {
        frame: visit.frame().await?.saying(visit.flash().sentence),
        email: user.email.clone().unwrap_or_default(),
        verified: user.email_verified,
        by_mail: by_mail(visit).await?,
        changing,
        typed: typed.to_owned(),
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

async fn verify(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    visit.form(&mut request).await?;
    match visit.engine().verify_my_address(person).await {
        Ok(email) => Ok(visit.go_saying(ADDRESS, Flash::saying(&mailed(&email)))),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

fn mailed(email: &str) -> String {
    format!("A letter is on its way to {email}. Open the link in it within a day.")
}

async fn change(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let fresh = visit.fresh(CHANGE).await?;
    let typed = fields.get("email").unwrap_or_default().trim();
    let problem = match visit.engine().change_my_address(&visit.caller, &fresh, typed).await {
        Ok(NewAddress::Mailed(email)) => return Ok(visit.go_saying(ADDRESS, Flash::saying(&mailed(&email)))),
        Ok(NewAddress::Taken(_)) => {
            return Ok(visit.go_saying(ADDRESS, Flash::saying("Your address is changed. It is not verified.")));
        }
        Ok(NewAddress::Same) => "This is your address already.".to_owned(),
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => problem.sentence,
        Err(Denied::Refused(Refusal::Taken(_))) => "Somebody has this address. Give another.".to_owned(),
        Err(denied) => return Ok(visit.deny(&denied).await),
    };
    own_page(&visit, StatusCode::BAD_REQUEST, true, typed, Problems::of("email", &problem)).await
}

async fn show_link(visit: Visit) -> Outcome {
    let token = visit.query.get("token").unwrap_or_default().to_owned();
    link_page(&visit, StatusCode::OK, token).await
}

async fn link_page(visit: &Visit, status: StatusCode, token: String) -> Outcome {
    match visit.engine().look_at_address(&Secret::new(token.as_str()), visit.signed_in()).await {
        Ok(AddressView { user, email, confirming }) => {
            let view = Verify {
                frame: Frame { person: None, ..visit.frame().await? },
                token,
                person_name: user.display_name(),
                username: user.username,
                email,
                ends_access: confirming == Confirming::EndsAccess,
                after_sign_in: confirming == Confirming::AfterSignIn,
            };
            Ok(Page::with_status(status, view).into_response())
        }
        Err(denied) => refused(visit, &denied).await,
    }
}

async fn confirm(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let token = Secret::new(fields.get("token").unwrap_or_default());
    match visit.engine().confirm_address(&visit.caller, &token, visit.signed_in()).await {
        Ok(Confirmed { ended: true, .. }) => {
            let sentence = "Your address is confirmed. The password the account had and every session have ended. Choose a \
                            password of your own.";
            Ok(visit.go_saying("/reset", Flash::saying(sentence)))
        }
        Ok(Confirmed { user, .. }) => {
            let theirs = visit.signed_in().is_some_and(|current| current.user().id == user.id);
            let next = if theirs { ADDRESS } else { paths::LOGIN };
            Ok(visit.go_saying(next, Flash::saying("Your address is confirmed.")))
        }
        Err(denied @ Denied::Refused(Refusal::FreshSignInRequired)) => {
            visit.desk.note(&denied, &visit.caller);
            link_page(&visit, StatusCode::FORBIDDEN, token.expose().to_owned()).await
        }
        Err(denied) => refused(&visit, &denied).await,
    }
}

async fn refused(visit: &Visit, denied: &Denied) -> Outcome {
    let frame = || async { Ok::<_, poem::Response>(Frame { person: None, ..visit.frame().await? }) };
    let (status, view) = match denied {
        Denied::Refused(Refusal::LinkGone) => {
            (StatusCode::GONE, LinkClosed::address_gone(frame().await?, visit.reference()))
        }
        Denied::Refused(Refusal::Taken(_)) => {
            (StatusCode::CONFLICT, LinkClosed::address_taken(frame().await?, visit.reference()))
        }
        other => return Ok(visit.deny(other).await),
    };
    visit.desk.note(denied, &visit.caller);
    Ok(Page::with_status(status, view).into_response())
}
