//! Tokens for a guest, of whom only a device is known.
//!
//! A device's id is no secret, so it opens nothing: whoever comes with a known one and without the guest's refresh token is
//! another guest.

use crate::base::ids::UserId;
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::user::{User, UserKind};
use crate::records::RecordChanges;
use crate::store::Changes;

use super::super::mint::Authorization;
use super::super::{Caller, Decision, Denied, Engine};
use super::{Asked, newcomer, scope};

impl Engine {
    /// Whether one more guest may come from the caller's network, on a device that was named.
    pub(super) fn ready_guest(&self, caller: &Caller, device: Option<&String>) -> Result<(), Denied> {
        if device.is_none() {
            return Err(Refusal::ParameterMissing("device_id").into());
        }
        Ok(self.gate.arrivals.guest(&caller.network, self.now())?)
    }

    /// The whole law of the anonymous grant.
    pub(super) async fn redeem_anonymous(&self, asked: &Asked<'_>) -> Result<Decision<Authorization>, Denied> {
        let (client, now) = (asked.client.client(), self.now());
        let device_id = asked.device.clone().ok_or(Refusal::ParameterMissing("device_id"))?;
        let blank = User::named(UserId::random(&*self.rng), "Guest".to_owned(), now);
        let guest = User { kind: UserKind::Guest { device_id }, ..blank };
        newcomer::may_use(client, &guest)?;
        let scopes = scope::of_guest(&scope::of_newcomer(asked.scope.as_ref(), client)?);
        let mut changes = Changes::new();
        changes.create(&guest);
        self.agreed_by_coming(client, &guest, &scopes, &mut changes).await?;
        let right = self.welcome(asked, &guest, Authentication::by_nothing(now), scopes).await?;
        Ok(right.with(|all| _ = all.extend(changes)))
    }
}
