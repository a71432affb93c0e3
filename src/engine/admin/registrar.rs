//! What registrars may do: register applications and keep those they registered, within what an ordinary person's
//! application may be. Nothing here lets one reach further than the people who let it in.

use crate::base::ids::{ClientId, UserId};
use crate::engine::{Denied, Engine};
use crate::model::client::{Client, ConsentPolicy};
use crate::model::redirect_uri::RedirectUri;
use crate::model::refusal::Refusal;
use crate::model::scope::{Scope, by_name_only};
use crate::model::settings::ClientRegistration;
use crate::model::user::{User, login_key};
use crate::store::{Changes, Fault};

use super::{Keeper, Listed};

impl Keeper {
    /// Whether they may choose the id of a new client. A name that others trust, or the operator's file gives later, is not
    /// a registrar's to take.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `id`.
    pub(super) fn may_choose(&self, id: Option<&ClientId>) -> Result<(), Refusal> {
        if id.is_none() || self.registrar().is_none() { Ok(()) } else { only("id", "choose the client ID") }
    }

    /// Whether they may switch `was` off, or on again.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for what an administrator switched off, which says who switches it on.
    pub(super) fn may_switch(&self, was: &Client, off: bool) -> Result<(), Refusal> {
        let theirs = self.registrar().is_none() || was.disabled_by_owner;
        if off || was.disabled_at.is_none() || theirs {
            Ok(())
        } else {
            only("", "enable it: an administrator disabled it")
        }
    }

    /// Whether it counts as switched off by its owner once they did it.
    pub(super) fn switches_as_owner(&self, was: &Client) -> bool {
        self.registrar().is_some() && (was.disabled_at.is_none() || was.disabled_by_owner)
    }

    /// Whether they may make `was` (nothing, for a new one) into `now`.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] naming what only administrators decide.
    pub(super) fn may_make(&self, was: Option<&Client>, now: &Client) -> Result<(), Refusal> {
        if self.registrar().is_none() {
            return Ok(());
        }
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
        was.map_or(Ok(()), |was| stays_as_decided(was, now))
    }
}

fn only(field: &'static str, what: &str) -> Result<(), Refusal> {
    Err(Refusal::field(field, format!("Only an administrator can {what}.")))
}

/// Whether what an administrator decided about `was` holds of `now`: what people sign in with, and, while it is trusted more
/// than others, how far it reaches.
fn stays_as_decided(was: &Client, now: &Client) -> Result<(), Refusal> {
    if now.required_factor < was.required_factor {
        return only("required_factor", "demand less of people than was demanded until now");
    }
    let trusted = was.first_party || was.consent != ConsentPolicy::Ask;
    if !trusted {
        return Ok(());
    }
    let more =
        |field| only(field, "add this while the application is trusted: people are not asked, or it is first-party");
    let known = |was: &[RedirectUri], now: &[RedirectUri]| now.iter().all(|uri| was.contains(uri));
    if !now.scopes.iter().all(|scope| was.scopes.has(scope.as_str())) {
        return more("scopes");
    }
    if !known(&was.redirect_uris, &now.redirect_uris) {
        return more("redirect_uris");
    }
    if !known(&was.post_logout_redirect_uris, &now.post_logout_redirect_uris) {
        return more("post_logout_redirect_uris");
    }
    if !now.origins.iter().all(|origin| was.origins.contains(origin)) {
        return more("origins");
    }
    if !now.grants.is_subset(&was.grants) {
        return more("grants");
    }
    let everybody = now.groups.is_empty() && !was.groups.is_empty();
    if everybody || !(was.groups.is_empty() || now.groups.is_subset(&was.groups)) {
        return more("groups");
    }
    Ok(())
}

/// Whether a scope reaches further than the person who grants it.
fn administers(scope: &str) -> bool {
    by_name_only(scope) && !matches!(scope, Scope::OPENID | Scope::OFFLINE_ACCESS)
}

/// Why a client may not have some id.
pub(super) const IS_SOMEBODY: &str =
    "This is the id of a person here, who the client could be taken for. Choose another.";

impl Engine {
    /// Whether somebody has this id: tokens name clients and people in the same place (RFC 9068, section 5).
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn is_somebody(&self, id: &ClientId) -> Result<bool, Fault> {
        // Ids of people are drawn at random, so that nobody becomes one later.
        Ok(self.ledger.find::<User>(id.as_str()).await?.is_some())
    }

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
