//! `/account/data` and `/account/delete`: people take what is kept about them along, and leave.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use poem::{IntoResponse, Request, Response, Route};

use crate::engine::Denied;
use crate::engine::users::farewell::Consequences;
use crate::http::cookies;
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::headers::SecurityHeaders;
use crate::http::page::{Page, Problems};
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::model::refusal::Refusal;

use super::views::{Deletion, OwnData};

const DATA: &str = "/account/data";
const DELETE: &str = "/account/delete";

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at(DATA, Methods::new().get(page(desk, |visit, _| show(visit))))
        .at("/account/data/download", Methods::new().post(page(desk, download)))
        .at(DELETE, Methods::new().get(page(desk, |visit, _| ask(visit))).post(page(desk, delete)))
}

async fn show(visit: Visit) -> Outcome {
    visit.person()?;
    Ok(visit.show(OwnData { frame: visit.frame().await?.saying(visit.flash().sentence) }))
}

async fn download(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    visit.form(&mut request).await?;
    let fresh = visit.fresh(DATA).await?;
    let data = visit.need(visit.engine().own_data(&fresh).await).await?;
    // Plain values: JSON can always hold them.
    let text = serde_json::to_string_pretty(&data).unwrap_or_default();
    let mut answer = Response::builder()
        .status(StatusCode::OK)
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_DISPOSITION, "attachment; filename=\"account.json\"")
        .body(text);
    // The edge adds what depends on the issuer.
    SecurityHeaders::for_issuer("").api(&mut answer);
    Ok(answer)
}

async fn ask(visit: Visit) -> Outcome {
    visit.fresh(DELETE).await?;
    deletion_page(&visit, StatusCode::OK, Problems::none()).await
}

async fn deletion_page(visit: &Visit, status: StatusCode, problems: Problems) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().consequences_of_leaving(person).await).await?;
    let view = Deletion {
        frame: visit.frame().await?,
        username: person.user().username.clone(),
        in_the_way: in_the_way(&known),
        consequences: consequences(&known),
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

/// What stands in the way, in sentences that say what to do.
fn in_the_way(known: &Consequences) -> Vec<String> {
    let care = (known.in_care > 0).then(|| {
        let people = count(known.in_care, "person is", "people are");
        format!("{people} in your care. End their accounts first, or ask an administrator to decide about them.")
    });
    let last = known
        .last_administrator
        .then(|| "Nobody else can administer this server. Make somebody else an administrator first.".to_owned());
    care.into_iter().chain(last).collect()
}

fn consequences(known: &Consequences) -> Vec<String> {
    let mut all = vec!["Your account ends for good, with your profile, password and every other factor.".to_owned()];
    all.push(match known.sessions {
        0 | 1 => "You are signed out.".to_owned(),
        more => format!("You are signed out here and in {}.", count(more - 1, "other place", "other places")),
    });
    if known.applications > 0 {
        let lose = count(known.applications, "application loses", "applications lose");
        all.push(format!("{lose} access to it. What they keep about you themselves stays with them."));
    }
    if known.programs > 0 {
        let stop = count(known.programs, "program you registered stops", "programs you registered stop");
        all.push(format!("{stop} working."));
    }
    all.push(
        "Your username and email address are free at once: somebody else can make an account here with them, and \
         applications may take that person for you."
            .to_owned(),
    );
    all.push("The activity log keeps what happened for 400 days, as it does for everybody.".to_owned());
    if known.managed {
        all.push(
            "A file declares your account. It makes it again when it is applied, unless it is taken out there."
                .to_owned(),
        );
    }
    all.push("It cannot be undone.".to_owned());
    all
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

async fn delete(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    let fields = visit.form(&mut request).await?;
    let fresh = visit.fresh(DELETE).await?;
    let typed = fields.get("username").unwrap_or_default();
    match visit.engine().delete_own_account(&visit.caller, &fresh, typed).await {
        Ok(()) => {
            let mut answer = visit.go_saying(paths::LOGIN, Flash::saying("Your account is deleted."));
            for name in [cookies::SESSION, cookies::FAMILIAR] {
                answer.headers_mut().append(SET_COOKIE, visit.desk.cookies.delete(name));
            }
            Ok(answer)
        }
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => {
            let field = if problem.field == "username" { "username" } else { "" };
            let problems = Problems::of(field, &problem.sentence);
            deletion_page(&visit, StatusCode::BAD_REQUEST, problems).await
        }
        // The page says so by itself.
        Err(Denied::Refused(Refusal::LastAdministrator)) => {
            deletion_page(&visit, StatusCode::CONFLICT, Problems::none()).await
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}
