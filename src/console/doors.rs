//! The doors of the console: who may come in at each says the type of its handler's visit ([`super::admin`]), and only forms
//! of ours change anything.
//!
//! Every page and every form is hung here, so nothing is reached around these checks; [`Doors::list`] names them all for
//! the tests that knock at each.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use poem::{Endpoint, EndpointExt, Request, Response, Route};

use crate::http::desk::Desk;
use crate::http::directory::Directory;
use crate::http::params::Params;
use crate::http::routing::Methods;
use crate::http::views::Problem;
use crate::http::visit::{self, Outcome, Visit};

use super::admin::{Arrival, Changing, Entrance};

/// The check boxes of the console's forms: names that occur once for each box that is ticked.
const CHECK_BOXES: &[&str] = &["scope", "group", "grant", "dialect"];

/// Every page and form of the console.
pub struct Doors {
    desk: Arc<Desk>,
    /// Where clients find what: the roof knows, the console does not.
    directory: Arc<Directory>,
    hung: BTreeMap<&'static str, Methods>,
    list: Vec<Door>,
}

/// A page or a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// `GET` for a page, `POST` for a form.
    pub method: &'static str,
    /// Its path below `/admin`; `:id` stands for what it is about.
    pub path: &'static str,
}

impl Doors {
    /// No door yet. Hang each page before its forms.
    pub(super) fn new(desk: &Arc<Desk>, directory: Directory) -> Doors {
        Doors { desk: desk.clone(), directory: Arc::new(directory), hung: BTreeMap::new(), list: Vec::new() }
    }

    /// Hangs a page; `handler` shows it to whoever its visit stands for.
    pub(super) fn page<E, H, F>(self, path: &'static str, handler: H) -> Doors
    where
        E: Entrance,
        H: Fn(E) -> F + Send + Sync + Copy + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let directory = self.directory.clone();
        let page = visit::page(&self.desk, move |visit, request: Request| {
            let directory = directory.clone();
            async move {
                let here = visit.person().map(|_| request.original_uri().path().to_owned())?;
                handler(enter::<E>(visit, &request, directory, here).await?).await
            }
        });
        self.hang(Door { method: "GET", path }, |methods| methods.get(page))
    }

    /// Hangs a form; `handler` is given what whoever its visit stands for filled in on a page of ours.
    pub(super) fn form<E, H, F>(self, path: &'static str, handler: H) -> Doors
    where
        E: Changing,
        H: Fn(E, Params) -> F + Send + Sync + Copy + 'static,
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (directory, depth) = (self.directory.clone(), self.depth_of_page(path));
        let form = visit::page(&self.desk, move |visit, mut request: Request| {
            let directory = directory.clone();
            async move {
                // Whoever was signed out meanwhile comes back to the page the form is on.
                let page = first_parts(request.original_uri().path(), depth);
                visit.person_of(&page)?;
                let mut admin = enter::<E>(visit, &request, directory, page).await?;
                if let Some(fresh) = admin.visit().fresh_already().await? {
                    admin.prove(&fresh);
                }
                let fields = admin.visit().form_repeating(&mut request, CHECK_BOXES).await?;
                handler(admin, fields).await
            }
        });
        self.hang(Door { method: "POST", path }, |methods| methods.post(form))
    }

    /// What hangs here.
    pub fn list(&self) -> &[Door] {
        &self.list
    }

    /// The doors as one endpoint, below `/admin`.
    pub fn into_endpoint(self) -> impl Endpoint<Output = Response> + use<> {
        let routes = self.hung.into_iter().fold(Route::new(), |routes, (path, methods)| routes.at(path, methods));
        routes.map_to_response()
    }

    fn hang(mut self, door: Door, with: impl FnOnce(Methods) -> Methods) -> Doors {
        let methods = self.hung.remove(door.path).unwrap_or_default();
        self.hung.insert(door.path, with(methods));
        self.list.push(door);
        self
    }

    /// How many parts the path of the page has that a form is on: the nearest page above it.
    fn depth_of_page(&self, form: &str) -> usize {
        let pages = self.list.iter().filter(|door| door.method == "GET").map(|door| door.path.trim_end_matches('/'));
        let above =
            pages.filter(|page| form.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
        above.map(|page| page.matches('/').count()).max().unwrap_or(0)
    }
}

/// Whoever may comes in; everybody else sees why not.
async fn enter<E: Entrance>(
    visit: Visit,
    request: &Request,
    directory: Arc<Directory>,
    page: String,
) -> Result<E, Response> {
    let about = request.raw_path_param("id").unwrap_or_default().to_owned();
    let who = visit.person_of(&page)?;
    match E::evidence(who) {
        Ok(evidence) => Ok(E::admit(Arrival { visit, about, directory, page }, evidence)),
        Err(_) if who.user().auditor => {
            Err(visit.desk.show(&visit.caller, Problem::only_to_look_at(visit.frame().await?)))
        }
        Err(refusal) => Err(visit.deny(&refusal.into()).await),
    }
}

/// `/admin` and the next `count` parts of `path`.
fn first_parts(path: &str, count: usize) -> String {
    path.split('/').take(count + 2).collect::<Vec<_>>().join("/")
}
