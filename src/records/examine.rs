//! Examining everything that is kept: each record can be read, and its secondary keys say what it says.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::model::audit::AuditRecord;
use crate::model::client::{Client, ClientUsage};
use crate::model::code::Code;
use crate::model::consent::Consent;
use crate::model::credential::{AddressLink, RecoveryLink, Setup};
use crate::model::factors::{Factors, PasskeyChallenge};
use crate::model::grant::Grant;
use crate::model::group::Group;
use crate::model::interaction::{Interaction, SignOutRequest};
use crate::model::invitation::{Invitation, PendingRegistration};
use crate::model::mail::OutboxLetter;
use crate::model::scope::ScopeDefinition;
use crate::model::service_grant::ServiceGrant;
use crate::model::session::Session;
use crate::model::settings::Settings;
use crate::model::sign_in::{MailedSignIn, UnfinishedSignIn};
use crate::model::signing_key::SigningKeyRecord;
use crate::model::token::{AccessToken, RefreshToken, RevokedJwt};
use crate::model::user::User;
use crate::store::{Fault, Key, Order, Span, Value};

use super::batch::secondary;
use super::ledger::{Ledger, decode};
use super::{Kept, Record};

/// How many keys are looked at before others get their turn.
const STRIDE: usize = 500;
/// How many problems are told; whoever has more knows enough.
const TOLD: usize = 100;

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// How many records there are of each name.
    pub records: BTreeMap<String, u64>,
    /// What is wrong, in words for the operator; at most a hundred.
    pub problems: Vec<String>,
    secondary_expected: u64,
    secondary_found: u64,
}

impl Ledger {
    /// Examines every record and every secondary key, a few at a time. `quiet` says that nobody writes meanwhile; only
    /// then can keys that belong to no record be told.
    ///
    /// # Errors
    /// The store's fault: not even the walk came to its end.
    pub async fn examine(&self, quiet: bool) -> Result<Examination, Fault> {
        let mut found = Examination::default();
        let mut span = Span { start: Bytes::new(), end: vec![u8::MAX; 64].into() };
        loop {
            let rows = self.store.walk(span.clone(), Order::Ascending, STRIDE).await?;
            let Some((last, _)) = rows.last() else { break };
            span.start = [&last[..], &[0]].concat().into();
            for (key, value) in rows {
                self.examine_one(&key, value, &mut found).await?;
            }
            tokio::task::yield_now().await;
        }
        if quiet && found.secondary_expected != found.secondary_found {
            let (kept, expected) = (found.secondary_found, found.secondary_expected);
            found.tell(format!("there are {kept} look-up keys, and the records ask for {expected}"));
        }
        Ok(found)
    }

    async fn examine_one(&self, key: &Key, value: Value, found: &mut Examination) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(key).into_owned();
        let Some(end) =
            text.find(['/', '.', ':']).filter(|end| text.as_bytes()[*end] == b'/' && !text.starts_with('~'))
        else {
            found.secondary_found += 1;
            return Ok(());
        };
        let (name, id) = (&text[..end], &text[end + 1..]);
        *found.records.entry(name.to_owned()).or_default() += 1;
        match asked_for(name, id, key, value.clone()) {
            Ok(asked) => {
                found.secondary_expected += asked.len() as u64;
                self.compare(key, &value, &text, asked, found).await
            }
            Err(problem) => {
                found.tell(problem);
                Ok(())
            }
        }
    }

    /// Whether the secondary keys are there, unless the record has changed since it was walked over.
    async fn compare(
        &self,
        key: &Key,
        value: &Value,
        text: &str,
        asked: BTreeMap<Key, Value>,
        found: &mut Examination,
    ) -> Result<(), Fault> {
        let keys: Vec<Key> = asked.keys().cloned().chain([key.clone()]).collect();
        let mut held = self.store.read(keys).await?;
        if held.pop().flatten().as_ref() != Some(value) {
            return Ok(());
        }
        for ((key, wanted), held) in asked.iter().zip(held) {
            if held.as_ref() != Some(wanted) {
                found.tell(format!("{text} is not found under {}", key.escape_ascii()));
            }
        }
        Ok(())
    }
}

impl Examination {
    fn tell(&mut self, problem: String) {
        if self.problems.len() < TOLD {
            self.problems.push(problem);
        }
    }
}

/// The secondary keys that a record asks for, or why it cannot be read.
fn asked_for(name: &str, id: &str, key: &Key, value: Value) -> Result<BTreeMap<Key, Value>, String> {
    match name {
        Settings::NAME => of::<Settings>(id, key, value),
        Setup::NAME => of::<Setup>(id, key, value),
        SigningKeyRecord::NAME => of::<SigningKeyRecord>(id, key, value),
        Client::NAME => of::<Client>(id, key, value),
        ClientUsage::NAME => of::<ClientUsage>(id, key, value),
        ScopeDefinition::NAME => of::<ScopeDefinition>(id, key, value),
        Group::NAME => of::<Group>(id, key, value),
        User::NAME => of::<User>(id, key, value),
        RecoveryLink::NAME => of::<RecoveryLink>(id, key, value),
        AddressLink::NAME => of::<AddressLink>(id, key, value),
        Invitation::NAME => of::<Invitation>(id, key, value),
        PendingRegistration::NAME => of::<PendingRegistration>(id, key, value),
        Factors::NAME => of::<Factors>(id, key, value),
        PasskeyChallenge::NAME => of::<PasskeyChallenge>(id, key, value),
        UnfinishedSignIn::NAME => of::<UnfinishedSignIn>(id, key, value),
        MailedSignIn::NAME => of::<MailedSignIn>(id, key, value),
        OutboxLetter::NAME => of::<OutboxLetter>(id, key, value),
        Session::NAME => of::<Session>(id, key, value),
        Interaction::NAME => of::<Interaction>(id, key, value),
        SignOutRequest::NAME => of::<SignOutRequest>(id, key, value),
        Consent::NAME => of::<Consent>(id, key, value),
        Grant::NAME => of::<Grant>(id, key, value),
        ServiceGrant::NAME => of::<ServiceGrant>(id, key, value),
        Code::NAME => of::<Code>(id, key, value),
        RefreshToken::NAME => of::<RefreshToken>(id, key, value),
        AccessToken::NAME => of::<AccessToken>(id, key, value),
        RevokedJwt::NAME => of::<RevokedJwt>(id, key, value),
        AuditRecord::NAME => of::<AuditRecord>(id, key, value),
        unknown => Err(format!("{unknown}/{id} is a record this program does not know")),
    }
}

fn of<R: Record>(id: &str, key: &Key, value: Value) -> Result<BTreeMap<Key, Value>, String> {
    let kept: Kept<R> = decode(key, value).map_err(|fault| fault.to_string())?;
    if kept.id() != id {
        return Err(format!("{}/{id} says that it is {}", R::NAME, kept.id()));
    }
    Ok(secondary(kept.record()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::clock::Timestamp;
    use crate::records::RecordChanges;
    use crate::store::memory::Memory;
    use crate::store::{Changes, Store};

    fn group() -> Group {
        Group { name: "staff".to_owned(), required_factor: Default::default(), created_at: Timestamp(0), managed: true }
    }

    async fn kept(change: impl FnOnce(&mut Changes)) -> Examination {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        let ledger = Ledger::new(store.clone());
        let mut changes = Changes::new();
        changes.create(&group()).create(&Settings::default());
        ledger.commit(changes).await.unwrap();
        let mut changes = Changes::new();
        change(&mut changes);
        store.commit(changes).await.unwrap();
        ledger.examine(true).await.unwrap()
    }

    #[tokio::test]
    async fn what_is_sound_is_counted_and_what_is_not_is_told() {
        let sound = kept(|_| {}).await;
        assert!(sound.problems.is_empty(), "{sound:?}");
        assert_eq!(sound.records, [("group".to_owned(), 1), ("settings".to_owned(), 1)].into());
        let key = || Key::from_static(b"group:managed/yes\0staff");
        let lost = kept(|changes| {
            changes.remove(key(), Bytes::new());
        })
        .await;
        assert!(lost.problems[0].starts_with("group/staff is not found under"), "{lost:?}");
        let strays = Key::from_static(b"group:managed/yes\0nobody");
        let stray = kept(|changes| {
            changes.insert(strays, Bytes::new());
        })
        .await;
        assert_eq!(stray.problems, ["there are 2 look-up keys, and the records ask for 1"]);
        let odd = Key::from_static(b"group/odd");
        let odd = kept(|changes| {
            changes.insert(odd, Bytes::from_static(b"1{}"));
        })
        .await;
        assert!(odd.problems[0].starts_with("group/odd cannot be read"), "{odd:?}");
        let strange = Key::from_static(b"ghost/x");
        let strange = kept(|changes| {
            changes.insert(strange, Bytes::from_static(b"1{}"));
        })
        .await;
        assert_eq!(strange.problems, ["ghost/x is a record this program does not know"]);
    }
}
