//! Browsers that remember that a second factor was given: it is not asked for there for a while. The cookie alone opens
//! nothing, a password is asked for all the same; and it ends with everything that ends all of its person's access.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::secret::{Kind, Secret};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{Counted, Factors, RememberedDevice};
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::device;
use super::sessions::SignedIn;

/// For how long a browser remembers, used or not.
pub const LIFE: Duration = Duration::from_secs(30 * 86_400);

/// A browser that remembers, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RememberedView {
    /// Its name in forms; not secret.
    pub locator: String,
    /// The browser in words.
    pub device: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Engine {
    /// By which note the browser with this cookie spares `user` the second factor, if by any.
    pub(super) fn remembers(&self, user: &User, factors: Counted<'_>, cookie: Option<&Secret>) -> Option<String> {
        let handle = Kind::Device.read_handle(cookie?.expose())?;
        let noted = factors.all().devices.iter().find(|device| device.locator == handle.locator)?;
        let spared = factors.spares(&noted.locator, user.access_epoch, self.now());
        (spared && noted.digest.is_of(handle.secret.expose())).then(|| noted.locator.clone())
    }

    /// Writes the caller's browser down among `factors`; what its cookie shall be. The oldest goes when there are too many.
    pub(super) fn remember_device(&self, caller: &Caller, user: &User, factors: &mut Factors) -> Secret {
        let now = self.now();
        let handle = Kind::Device.generate_handle(now, &*self.rng);
        factors.devices.retain(|device| device.holds(user.access_epoch, now));
        let too_many = (factors.devices.len() + 1).saturating_sub(Factors::MOST_DEVICES);
        factors.devices.drain(..too_many);
        factors.devices.push(RememberedDevice {
            locator: handle.locator,
            digest: handle.secret.digest(),
            device: device::in_words(&caller.user_agent),
            since: now,
            expires_at: now.plus(LIFE),
            access_epoch: user.access_epoch,
        });
        handle.secret
    }

    /// The browsers in which whoever is signed in is not asked for a second factor, the latest first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn remembered_devices(&self, who: &SignedIn) -> Result<Vec<RememberedView>, Denied> {
        let (factors, now) = (self.factors_of(&who.user().id).await?, self.now());
        let known = factors.devices.into_iter().rev().filter(|device| device.holds(who.user().access_epoch, now));
        let view = |device: RememberedDevice| RememberedView {
            locator: device.locator,
            device: device.device,
            since: device.since,
            expires_at: device.expires_at,
        };
        Ok(known.map(view).collect())
    }

    /// Makes one browser forget, or all of them; says how many did.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn forget_devices(&self, caller: &Caller, who: &SignedIn, one: Option<&str>) -> Result<usize, Denied> {
        self.settle(|| async move {
            let Some((session, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let Some(kept) = self.ledger.find::<Factors>(user.id.as_str()).await? else {
                return Ok(Decision::allow(0));
            };
            let mut factors = kept.record().clone();
            factors.devices.retain(|device| one.is_some_and(|locator| device.locator != locator));
            let count = kept.devices.len() - factors.devices.len();
            let mut changes = Changes::new();
            if count > 0 {
                let actor = AuditActor::User(user.id.clone());
                let record = caller.record(self.now(), &*self.rng, actor, AuditKind::DeviceForgotten);
                changes.expect(&session).update(&kept, &factors);
                changes.create(&record.about_user(&user.id).with("devices", count));
            }
            Ok(Decision { answer: Ok(count), changes })
        })
        .await
    }
}
