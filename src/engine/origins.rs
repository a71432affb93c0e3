//! Which web origins belong to clients.

use crate::base::ids::ClientId;
use crate::model::client::Client;
use crate::records::Kept;
use crate::store::{Fault, Order};

use super::Engine;

impl Engine {
    /// Whether an enabled client registered this web origin (RFC 6454, section 6.2).
    ///
    /// # Errors
    /// The store's fault.
    pub async fn knows_origin(&self, origin: &str) -> Result<bool, Fault> {
        self.any_with_origin(origin, |_| true).await
    }

    async fn any_with_origin(&self, origin: &str, fits: impl Fn(&Client) -> bool) -> Result<bool, Fault> {
        let exact = format!("{origin}\0");
        let mut after = None;
        loop {
            let page = self.ledger.list_by::<Client>("origin", &exact, Order::Ascending, after.as_deref(), 50).await?;
            if page.items.iter().any(|client: &Kept<Client>| client.disabled_at.is_none() && fits(client)) {
                return Ok(true);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(false),
            }
        }
    }

    /// Whether an enabled client of ours that is a sign-in front end registered this web origin.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn knows_front_end(&self, origin: &str) -> Result<bool, Fault> {
        self.any_with_origin(origin, Client::is_front_end).await
    }

    /// Whether this client registered this web origin; a client that does not exist is judged like no client at all, by
    /// what any other registered.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn client_has_origin(&self, client: &ClientId, origin: &str) -> Result<bool, Fault> {
        match self.ledger.find::<Client>(client.as_str()).await? {
            Some(client) => Ok(client.origins.iter().any(|known| known == origin)),
            None => self.knows_origin(origin).await,
        }
    }
}
