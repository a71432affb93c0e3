//! What registrars may do: register applications and keep those they registered, within what an ordinary person's
//! application may be. Nothing here lets one reach further than the people who let it in.

use crate::base::ids::UserId;
use crate::engine::{Denied, Engine};
use crate::model::client::{Client, ConsentPolicy};
use crate::model::refusal::Refusal;
use crate::model::scope::{Scope, by_name_only};
use crate::model::settings::ClientRegistration;
use crate::model::user::login_key;
use crate::store::Changes;

use super::{Keeper, Listed};

impl Keeper {
    /// Whether they may make `was` (nothing, for a new one) into `now`.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] naming what only administrators decide.
    pub(super) fn may_make(&self, was: Option<&Client>, now: &Client) -> Result<(), Refusal> {
        if self.registrar().is_none() {
            return Ok(());
        }
        let only = |field, what: &str| Err(Refusal::field(field, format!("Only an administrator can {what}.")));
        let before = |unchanged: &dyn Fn(&Client) -> bool| was.is_some_and(unchanged);
        if now.first_party && !before(&|was| was.first_party) {
            return only("first_party", "mark an application as first-party");
        }
        if now.consent != ConsentPolicy::Ask && !before(&|was| was.consent == now.consent) {
            return only("consent", "leave out the question whether people agree");
        }
        let had = |scope: &Scope| before(&|was| was.scopes.has(scope.as_str()));
        if now.scopes.iter().any(|scope| administers(scope.as_str()) && !had(scope)) {
            return only("scopes", "give the scopes that administer");
        }
        let own = now.audience.iter().all(|audience| *audience == now.id.as_str());
        if !own && !before(&|was| was.audience == now.audience) {
            return only("audience", "name an audience other than the application itself");
        }
        if !now.released_attributes.is_empty() && !before(&|was| was.released_attributes == now.released_attributes) {
            return only("released_attributes", "release attributes of people");
        }
        if !now.account_id.is_empty() && !before(&|was| was.account_id == now.account_id) {
            return only("account_id", "put an application under an account");
        }
        Ok(())
    }
}

/// Whether a scope reaches further than the person who grants it.
fn administers(scope: &str) -> bool {
    by_name_only(scope) && !matches!(scope, Scope::OPENID | Scope::OFFLINE_ACCESS)
}

impl Engine {
    /// Makes a registrar the owner of the client they register, in one of the places they have; nothing for whoever may keep
    /// all clients.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] where only administrators register clients; [`Refusal::FieldInvalid`] when they have as many
    /// as anybody may have.
    pub(super) async fn take_place(
        &self,
        by: &Keeper,
        client: &mut Client,
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        let Some(owner) = by.registrar() else { return Ok(()) };
        let settings = self.settings_as_they_stay(changes).await?;
        if settings.client_registration == ClientRegistration::Nobody {
            return Err(Refusal::NotPermitted.into());
        }
        let Some(place) = self.free_place(owner).await? else {
            let sentence = "You have as many applications as anybody may have. Delete one you do not need.";
            return Err(Refusal::field("name", sentence).into());
        };
        (client.owner, client.owner_place) = (Some(owner.clone()), Some(place));
        Ok(())
    }

    /// The clients of one owner by name, all at once: nobody has many.
    pub(super) async fn list_owned(&self, owner: &UserId, search: &str) -> Result<Listed<Client>, Denied> {
        let key = login_key(search);
        let begins = |text: &str| login_key(text).split_whitespace().any(|word| word.starts_with(&key));
        let mut items: Vec<Client> = self.owned_by(owner).await?.iter().map(|kept| kept.record().clone()).collect();
        items.retain(|client| key.is_empty() || login_key(&client.name).starts_with(&key) || begins(&client.name));
        items.sort_by_key(|client| login_key(&client.name));
        Ok(Listed { items, next: None })
    }
}
