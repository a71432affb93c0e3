//! Applications of our own, which may be given what others never get.

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::{ClaimsProfile, ClientType, ConsentPolicy, GrantType};
use countersign::model::scope::Scopes;
use countersign::model::settings::{SelfRegistration, Settings};

use super::app::App;
use super::house::{House, PASSWORD, host};
use super::wire::Reply;

/// A device.
pub const DEVICE: &str = "acb93057-1b6b-4152-9990-6d078b74335a";
/// Another.
pub const OTHER_DEVICE: &str = "1c0ffee0-0000-4000-8000-000000000001";

/// All grants there are.
pub fn every_grant() -> ClientChange {
    ClientChange::Grants(GrantType::ALL.into_iter().map(|(grant, _)| grant).collect())
}

pub fn scopes(text: &str) -> ClientChange {
    ClientChange::Scopes(Scopes::parse(text).expect("scopes"))
}

impl House {
    /// An application of ours with every grant, that asks nobody.
    pub async fn ours(&self, name: &str) -> App<'_> {
        self.ours_with(name, vec![]).await
    }

    pub async fn ours_with(&self, name: &str, changes: Vec<ClientChange>) -> App<'_> {
        let mut all = vec![ClientChange::FirstParty(true), every_grant(), ClientChange::Consent(ConsentPolicy::Skip)];
        all.extend(changes);
        self.app_with(name, ClientType::Web, all).await
    }

    /// One that writes its tokens in the way of incrowd.
    pub async fn incrowd(&self, name: &str) -> App<'_> {
        self.ours_with(name, vec![ClientChange::ClaimsProfile(ClaimsProfile::Incrowd)]).await
    }

    /// Lets everybody register, or nobody.
    pub async fn lets_register(&self, open: bool) {
        let before = self.engine.settings().await.expect("settings");
        let self_registration = if open { SelfRegistration::Open } else { SelfRegistration::Closed };
        let settings = Settings { self_registration, ..before };
        self.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
    }
}

impl App<'_> {
    /// Signs somebody in by their password.
    pub async fn signs_in(&self, username: &str, password: &str) -> Reply {
        self.requests(&[
            ("grant_type", "password"),
            ("username", username),
            ("password", password),
            ("scope", "openid profile email"),
        ])
        .await
    }

    /// Makes an account, with `more` fields.
    pub async fn registers(&self, email: &str, more: &[(&str, &str)]) -> Reply {
        self.requests(&registration("register", email, more)).await
    }

    /// Makes an account in the care of whoever `guardian` is about.
    pub async fn registers_minor(&self, email: &str, guardian: &str) -> Reply {
        self.requests(&registration("register_minor", email, &[("guardian_token", guardian)])).await
    }

    /// Lets a guest in.
    pub async fn welcomes_guest(&self, device: &str) -> Reply {
        self.requests(&[("grant_type", "anonymous"), ("device_id", device), ("scope", "openid profile email")]).await
    }
}

/// The fields of a registration; a field in `more` takes the place of the customary one.
pub fn registration<'a>(grant: &'a str, email: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("grant_type", grant),
        ("email", email),
        ("password", PASSWORD),
        ("first_name", "Robin"),
        ("last_name", "Reed"),
        ("scope", "openid profile email"),
    ];
    fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    fields.extend(more);
    fields
}
