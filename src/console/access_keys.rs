//! The access keys of an application: those it has, a new one, one less.

use poem::Response;

use crate::engine::admin::client_views::ClientDetail;
use crate::http::flash::Flash;
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::client::{AccessKey, Client};

use super::admin::{Keeping, Looking};
use super::application::{existing, view};
use super::views::{AccessKeyRow, AccessKeys, Application};
use super::words::{at, renamed, typed};

/// Where client programs ask for tokens, at the host they make of an exported key.
const PLACE: &str = "/oauth/Token";

/// The section of the application's page.
pub(super) async fn section(admin: &Looking, detail: &ClientDetail) -> Result<AccessKeys, Response> {
    let client = &detail.client;
    if !offered(admin, client) {
        return Ok(AccessKeys::default());
    }
    let row = |key: &AccessKey| AccessKeyRow { kid: key.kid.clone(), made: When::at(key.created_at, admin.now()) };
    Ok(AccessKeys {
        offered: true,
        rows: client.access_keys.iter().rev().map(row).collect(),
        elsewhere: elsewhere(admin).await?,
        new: None,
    })
}

/// Only where an interface of the application takes such keys, or it has one already.
fn offered(admin: &Looking, client: &Client) -> bool {
    let faces = admin.engine().faces();
    let taken = client.faces.iter().any(|face| faces.law(face).takes_access_keys);
    !client.is_public() && (taken || !client.access_keys.is_empty())
}

/// The address client programs make of an exported key, if nothing here answers to it.
async fn elsewhere(admin: &Looking) -> Result<Option<String>, Response> {
    let settings = admin.need(admin.engine().settings().await).await?;
    let origin = format!("https://signin.{}", admin.engine().access_key_domain());
    let answers = admin.engine().faces().all.iter().filter(|face| face.law.takes_access_keys).any(|face| {
        let prefix = settings.prefix_of(face);
        prefix.is_some_and(|prefix| face.paths.iter().any(|(path, _)| format!("{prefix}{path}") == PLACE))
    });
    let here = answers && admin.desk.origin() == origin;
    Ok((!here).then(|| format!("{origin}{PLACE}")))
}

pub(super) async fn add(admin: Keeping, _: Params) -> Outcome {
    let detail = existing(&admin).await?;
    let id = &detail.client.id;
    let keeper = admin.proved(&at("applications", id.as_str(), "")).await?;
    match admin.engine().export_access_key(&keeper, &admin.caller, id).await {
        Ok(made) => {
            let path = at("applications", id.as_str(), "?once=access-key#new-access-key");
            Ok(admin.go_saying(&path, Flash::showing("The access key is made.", made.text)))
        }
        Err(denied) => {
            let problems = renamed(admin.problems(denied).await?, &[("access_keys", "")]);
            let view = view(&admin, &detail).await?;
            admin.again(Application { problems, ..view })
        }
    }
}

pub(super) async fn remove(admin: Keeping, form: Params) -> Outcome {
    let id = existing(&admin).await?.client.id;
    let keeper = admin.proved(&at("applications", id.as_str(), "")).await?;
    let removed = admin.engine().remove_access_key(&keeper, &admin.caller, &id, &typed(&form, "kid")).await;
    admin.need(removed).await?;
    let said = "The access key is removed. What it signs is refused from now on.";
    admin.done(&at("applications", id.as_str(), "#access-keys"), said)
}
