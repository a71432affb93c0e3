//! The applications a person may open.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::engine::{Denied, Engine};
use crate::model::client::{Client, GrantType};
use crate::store::Order;

use super::Visitor;

/// An application a person may sign in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launchable {
    /// Its name.
    pub name: String,
    /// The web origin it lives at; `None` for one without web pages.
    pub url: Option<String>,
    /// When the person last signed in to it, as far as is known.
    pub last: Option<Timestamp>,
}

/// More than anybody wants on one page.
const MOST: usize = 500;

impl Engine {
    /// The applications this person may sign in to, in order of their names: enabled, open to their groups, and with
    /// people to sign in at all.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn launchable(&self, who: &Visitor) -> Result<Vec<Launchable>, Denied> {
        let used: BTreeMap<ClientId, Option<Timestamp>> = self
            .applications_with_access(&who.user().id)
            .await?
            .into_iter()
            .map(|known| (known.client, known.last))
            .collect();
        let page = self.ledger.list_by::<Client>("name", "", Order::Ascending, None, MOST).await?;
        let open = |client: &Client| {
            let groups = &who.user().groups;
            let admitted = client.groups.is_empty() || client.groups.iter().any(|group| groups.contains(group));
            client.disabled_at.is_none() && admitted && client.may(GrantType::AuthorizationCode)
        };
        let shown = page.items.iter().map(|kept| kept.record()).filter(|client| open(client));
        Ok(shown
            .map(|client| Launchable {
                name: client.name.clone(),
                url: client.redirect_uris.iter().find_map(|uri| uri.origin()),
                last: used.get(&client.id).copied().flatten(),
            })
            .collect())
    }
}
