//! The applications a person uses: what each sees, since when, and how to take it back.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};
use crate::engine::admin::{Actor, Reader};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::client::Client;
use crate::model::consent::Consent;
use crate::model::grant::{Grant, GrantEnd};
use crate::model::refusal::Refusal;
use crate::model::scope::{BUILT_IN, Scope, ScopeDefinition, Scopes};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::sessions::SignedIn;

/// How many records are read at once.
const PAGE: usize = 200;

/// An application that knows something about a person, or may act for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub client: ClientId,
    /// Its name.
    pub name: String,
    /// What it sees, scope by scope, as the consent page says it.
    pub sees: Vec<String>,
    /// Since when.
    pub since: Timestamp,
    /// When the person last signed in to it, as far as is known.
    pub last: Option<Timestamp>,
    /// Whether it keeps access while the person is away, and nothing among what it sees says so.
    pub offline: bool,
}

/// What is known of one application while it is put together.
#[derive(Default)]
struct Gathered {
    scopes: BTreeSet<String>,
    since: Option<Timestamp>,
    last: Option<Timestamp>,
    offline: bool,
}

impl Gathered {
    fn add(&mut self, scopes: &Scopes, since: Timestamp) {
        self.scopes.extend(scopes.iter().map(|scope| scope.as_str().to_owned()));
        self.since = Some(self.since.map_or(since, |known| known.min(since)));
    }
}

impl Engine {
    /// The applications with access: those the person agreed to and those with a live grant, the latest used first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn applications(&self, who: &SignedIn) -> Result<Vec<Application>, Denied> {
        self.applications_with_access(&who.user().id).await
    }

    /// The applications with access to `user`, for administrators.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn user_applications(&self, _: &Reader, user: &UserId) -> Result<Vec<Application>, Denied> {
        self.applications_with_access(user).await
    }

    pub(super) async fn applications_with_access(&self, user: &UserId) -> Result<Vec<Application>, Denied> {
        let now = self.now();
        let mut gathered: BTreeMap<ClientId, Gathered> = BTreeMap::new();
        for consent in self.consents_of(user).await? {
            gathered.entry(consent.client.clone()).or_default().add(&consent.scopes, consent.since);
        }
        for grant in self.grants_of(user, None).await? {
            // When an administrator was there as them, they were not.
            let own = grant.actor.is_none().then_some(grant.created_at);
            if let Some(known) = gathered.get_mut(&grant.client) {
                known.last = known.last.max(own);
            }
            if grant.is_live(now) {
                let known = gathered.entry(grant.client.clone()).or_default();
                known.add(&grant.scopes, grant.created_at);
                known.last = known.last.max(own);
                known.offline |= grant.offline;
            }
        }
        self.in_words(gathered).await
    }

    async fn in_words(&self, gathered: BTreeMap<ClientId, Gathered>) -> Result<Vec<Application>, Denied> {
        let ids: Vec<String> = gathered.keys().map(ClientId::to_string).collect();
        let clients = self.ledger.find_all::<Client>(&ids).await?;
        let mut applications = Vec::new();
        for ((client, known), kept) in gathered.into_iter().zip(clients) {
            let Some(kept) = kept else { continue };
            applications.push(Application {
                client,
                name: kept.name.clone(),
                // The scope has a sentence of its own.
                offline: known.offline && !known.scopes.contains(Scope::OFFLINE_ACCESS),
                sees: self.sentences(&known.scopes).await?,
                since: known.since.unwrap_or_default(),
                last: known.last,
            });
        }
        applications.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.name.cmp(&b.name)));
        Ok(applications)
    }

    /// The sentence of each scope; those every deployment has come first, in the order people read them.
    async fn sentences(&self, scopes: &BTreeSet<String>) -> Result<Vec<String>, Fault> {
        let place = |name: &String| BUILT_IN.iter().position(|(known, ..)| *known == name.as_str());
        let mut ordered: Vec<String> = scopes.iter().cloned().collect();
        ordered.sort_by_key(|name| (place(name).unwrap_or(BUILT_IN.len()), name.clone()));
        let defined = self.ledger.find_all::<ScopeDefinition>(&ordered).await?;
        let sentence = |(name, defined): (&String, Option<Kept<ScopeDefinition>>)| match (defined, place(name)) {
            (Some(scope), _) => scope.description.clone(),
            (None, Some(at)) => BUILT_IN[at].1.to_owned(),
            (None, None) => name.clone(),
        };
        Ok(ordered.iter().zip(defined).map(sentence).collect())
    }

    /// Takes back everything a person allowed an application: what they agreed to is forgotten, and every grant ends.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if it has nothing of theirs; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn revoke_application(&self, caller: &Caller, who: &SignedIn, client: &ClientId) -> Result<(), Denied> {
        self.settle(|| async move {
            let Some((_, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let record = self.withdrawal(caller, AuditActor::User(user.id.clone()));
            self.decide_withdrawal(Changes::new(), record, &user.id, client).await
        })
        .await
    }

    /// The same for somebody else, by an administrator.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for the user, and if the application has nothing of theirs; [`Refusal::NotPermitted`]; the
    /// store's fault.
    pub async fn revoke_user_application(
        &self,
        actor: &Actor,
        caller: &Caller,
        user: &UserId,
        client: &ClientId,
    ) -> Result<(), Denied> {
        self.settle(|| async move {
            let Some(user) = self.ledger.find::<User>(user.as_str()).await? else {
                return Ok(Decision::refuse(Refusal::NotFound("user")));
            };
            let mut changes = Changes::new();
            self.permit(actor, &[&user], &mut changes).await?;
            let record = self.withdrawal(caller, actor.audited());
            self.decide_withdrawal(changes, record, &user.id, client).await
        })
        .await
    }

    fn withdrawal(&self, caller: &Caller, actor: AuditActor) -> AuditRecord {
        caller.record(self.now(), &*self.rng, actor, AuditKind::ConsentWithdrawn)
    }

    async fn decide_withdrawal(
        &self,
        mut changes: Changes,
        record: AuditRecord,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Decision<()>, Denied> {
        let now = self.now();
        let consent = self.ledger.find::<Consent>(&format!("{user}/{client}")).await?;
        if let Some(consent) = &consent {
            changes.delete(consent);
        }
        let grants = self.grants_of(user, Some(client)).await?;
        let live: Vec<&Kept<Grant>> = grants.iter().filter(|grant| grant.is_live(now)).collect();
        let ended = self.end_grants(&live, GrantEnd::RevokedByUser, &mut changes).await?;
        if consent.is_none() && ended == 0 {
            return Ok(Decision::refuse(Refusal::NotFound("application")));
        }
        changes.create(&record.about_user(user).about_client(client).with("grants", ended));
        Ok(Decision { answer: Ok(()), changes })
    }

    /// Everything a person agreed to.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn consents_of(&self, user: &UserId) -> Result<Vec<Kept<Consent>>, Fault> {
        let (prefix, mut all, mut after) = (format!("{user}/"), Vec::new(), None::<String>);
        loop {
            let page = self.ledger.list_under::<Consent>(&prefix, Order::Ascending, after.as_deref(), PAGE).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Every grant a person gave, or gave one client, ended ones included.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn grants_of(&self, user: &UserId, client: Option<&ClientId>) -> Result<Vec<Kept<Grant>>, Fault> {
        let prefix = client.map_or_else(|| format!("{user}/"), |client| format!("{user}/{client}\0"));
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self.ledger.list_by::<Grant>("user", &prefix, Order::Ascending, after.as_deref(), PAGE).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{GrantId, SessionId};
    use crate::engine::house::client;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
    use crate::model::face::Face;
    use crate::model::grant::GrantLife;
    use crate::model::scope::Scope;
    use crate::model::session::Authentication;

    fn grant(house: &House, user: &UserId, client: &str, scopes: &str) -> Grant {
        let now = house.engine.now();
        Grant {
            id: GrantId::ordered(now, &*house.engine.rng),
            client: ClientId::from_text(client),
            user: user.clone(),
            face: Face::named("front"),
            session: SessionId::from_text("elsewhere"),
            offline: scopes.contains("offline_access"),
            scopes: Scopes::parse(scopes).unwrap(),
            claims: Default::default(),
            audience: Vec::new(),
            authentication: Authentication::by_password(now),
            remembered: None,
            actor: None,
            device_id: None,
            created_at: now,
            expires_at: now.plus(std::time::Duration::from_secs(3_600)),
            life: GrantLife::Live,
            client_incarnation: String::new(),
            access_epoch: 0,
        }
    }

    fn consent(house: &House, user: &UserId, client: &str, scopes: &str) -> Consent {
        let now = house.engine.now();
        Consent {
            user: user.clone(),
            client: ClientId::from_text(client),
            scopes: Scopes::parse(scopes).unwrap(),
            claims: Default::default(),
            since: now,
            updated_at: now,
        }
    }

    #[tokio::test]
    async fn people_see_what_each_application_sees_and_take_it_back() {
        let house = House::new().await;
        let (alice, bob) = (house.person("alice").await.id, house.person("bob").await.id);
        for id in ["wiki", "shop", "wiki-2"] {
            house.keep(&client(id)).await;
        }
        let projects = ScopeDefinition {
            name: Scope::parse("projects").unwrap(),
            description: "See your projects".to_owned(),
            claims: Vec::new(),
            managed: false,
        };
        house.keep(&projects).await;
        house.keep(&consent(&house, &alice, "wiki", "openid email projects")).await;
        let began = house.engine.now();
        house.clock.advance(std::time::Duration::from_secs(60));
        let hers = grant(&house, &alice, "wiki", "openid email offline_access");
        let others = [grant(&house, &alice, "wiki-2", "openid"), grant(&house, &bob, "wiki", "openid")];
        let over = grant(&house, &alice, "shop", "openid").ended(house.engine.now(), GrantEnd::SignedOut).unwrap();
        for grant in [&hers, &others[0], &others[1], &over] {
            house.keep(grant).await;
        }

        let who = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        let seen = house.engine.applications(&who).await.unwrap();
        let names: Vec<&str> = seen.iter().map(|application| application.name.as_str()).collect();
        assert_eq!(names, ["wiki", "wiki-2"], "what has ended is no longer listed");
        let sentences = [
            "Know that it is you",
            "See your e-mail address",
            "Stay signed in without asking you again",
            "See your projects",
        ];
        assert_eq!(seen[0].sees, sentences);
        assert_eq!((seen[0].since, seen[0].last, seen[0].offline), (began, Some(hers.created_at), false));

        let revoke = async |id: &str| {
            house.engine.revoke_application(&caller("192.0.2.1"), &who, &ClientId::from_text(id)).await
        };
        revoke("wiki").await.unwrap();
        let life = async |grant: &Grant| house.find::<Grant>(grant.id.as_str()).await.unwrap().life;
        assert!(matches!(life(&hers).await, GrantLife::Ended { why: GrantEnd::RevokedByUser, .. }));
        assert_eq!((life(&others[0]).await, life(&others[1]).await), (GrantLife::Live, GrantLife::Live));
        assert!(house.find::<Consent>(&format!("{alice}/wiki")).await.is_none());
        let left = house.engine.applications(&who).await.unwrap();
        assert_eq!(left.into_iter().map(|application| application.name).collect::<Vec<_>>(), ["wiki-2"]);
        assert_eq!(refusal(revoke("wiki").await), Refusal::NotFound("application"));
        assert_eq!(refusal(revoke("shop").await), Refusal::NotFound("application"));
        assert_eq!(house.logged(AuditKind::ConsentWithdrawn).await, 1);
    }
}
