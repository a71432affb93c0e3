//! A key's successor: published now, signing one cache lifetime later.

use std::time::Duration;

use crate::base::ids::KeyId;
use crate::jose::Algorithm;
use crate::jose::rotation::{KeyFacts, UnderWay, rotate};
use crate::model::audit::AuditKind;
use crate::model::client::Client;
use crate::model::refusal::Refusal;
use crate::model::signing_key::SigningKeyRecord;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault, Order};

use super::super::admin::Actor;
use super::super::mint::ID_TOKEN_LIFE;
use super::super::{Caller, Decision, Denied, Engine};
use super::{CACHE_LIFETIME, kept};

impl Engine {
    /// What is known of every key, gone ones excepted; for lists.
    pub fn key_facts(&self) -> Vec<KeyFacts> {
        let now = self.now();
        self.keys().facts().filter(|key| key.state(now).is_some()).cloned().collect()
    }

    /// Publishes the next key of `algorithm` and returns its name. It signs from [`CACHE_LIFETIME`] on; the key before it
    /// stays published until the last token it signs has expired.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] while a rotation of the same algorithm is under way, [`Refusal::NotPermitted`], or the
    /// store's fault.
    pub async fn rotate_key(&self, actor: &Actor, caller: &Caller, algorithm: Algorithm) -> Result<KeyId, Denied> {
        let key = kept::generate(algorithm).await?;
        let kid = KeyId::from_text(key.kid());
        self.settle(|| async {
            let now = self.now();
            let records = kept::all(&self.ledger).await?;
            let facts: Vec<KeyFacts> = records.iter().map(|record| kept::facts(record)).collect();
            let plan = match rotate(algorithm, &facts, now, CACHE_LIFETIME, self.longest_token_life().await?) {
                Ok(plan) => plan,
                Err(waiting) => return Ok(Decision::refuse(under_way(&waiting, now.0))),
            };
            let generation = kept::next_generation(&records, algorithm);
            let next = kept::seal(&key, &self.sealing, generation, (now, plan.signs_from));
            let audit = caller.record(now, &*self.rng, actor.audited(), AuditKind::KeyRotated);
            let audit = audit.with("key", &next.id).with("algorithm", algorithm).with("signs_from", plan.signs_from);
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            changes.create(&next).create(&audit);
            for facts in &plan.retire {
                if let Some(was) = records.iter().find(|record| record.id == facts.kid) {
                    changes.update(was, &retired(was, facts));
                }
            }
            Ok(Decision { answer: Ok(kid.clone()), changes })
        })
        .await?;
        self.reload_keys().await?;
        Ok(kid)
    }

    /// Writes down that `key` signs tokens that live this long, before the first of them is shown. From then on a rotation
    /// knows it, whatever becomes of the client: the key stays published until the last of them has expired. That is one
    /// commit whenever tokens come to live longer than any before, and none for all others.
    ///
    /// # Errors
    /// [`Denied::Busy`], or the store's fault; the token must not be shown then.
    pub(in crate::engine) async fn key_will_sign_for(&self, key: &KeyId, life: Duration) -> Result<(), Denied> {
        self.settle(|| async {
            let mut changes = Changes::new();
            if let Some(was) = self.ledger.find::<SigningKeyRecord>(key.as_str()).await? {
                // A key that was rotated meanwhile has its end already, and no token outlives that.
                if was.gone_at.is_none() && was.longest_life < life.as_secs() {
                    changes.update(&was, &SigningKeyRecord { longest_life: life.as_secs(), ..was.record().clone() });
                }
            }
            Ok(Decision { answer: Ok(()), changes })
        })
        .await?;
        Ok(self.reload_keys().await?)
    }

    /// The longest that any signed token may live now: what will be signed until the next key takes over. What was signed
    /// before is in the keys' records ([`Engine::key_will_sign_for`]). A client that is given more later is no danger: no
    /// token outlives the key that signs it (see [`mint`](super::super::mint)).
    async fn longest_token_life(&self) -> Result<Duration, Fault> {
        let (mut longest, mut after) = (ID_TOKEN_LIFE, None);
        loop {
            let page = self.ledger.list::<Client>(Order::Ascending, after.as_deref(), 256).await?;
            longest = page.items.iter().map(|client| client.access_ttl.duration()).fold(longest, Duration::max);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(longest),
            }
        }
    }
}

/// The record with the end of its life written in.
fn retired(was: &SigningKeyRecord, facts: &KeyFacts) -> SigningKeyRecord {
    SigningKeyRecord { signs_until: facts.retired_at, gone_at: facts.gone_at, ..was.clone() }
}

fn under_way(waiting: &UnderWay, now: i64) -> Refusal {
    let minutes = (waiting.signs_from.0 - now).div_euclid(60) + 1;
    Refusal::field(
        "algorithm",
        format!(
            "The next key is published already and begins to sign within {minutes} minutes. Rotate again after that."
        ),
    )
}
