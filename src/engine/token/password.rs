//! Tokens for a username and a password (RFC 6749, section 4.3), for clients of ours that have a sign-in form of their own.

use std::time::Duration;

use crate::base::secret::Secret;
use crate::model::client::ConsentPolicy;
use crate::model::consent::Consent;
use crate::model::refusal::Refusal;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::super::mint::Authorization;
use super::super::users::check_password::Checked;
use super::super::users::without_browser::TriedCode;
use super::super::{Caller, Decision, Denied, Engine};
use super::{Asked, newcomer, scope};

impl Engine {
    /// Checks the password, with the limits, the timing and the one refusal of the sign-in page; and says whether the code
    /// beside it may be tried.
    pub(super) async fn ready_password(
        &self,
        caller: &Caller,
        username: &str,
        password: &Secret,
        otp: Option<&Secret>,
    ) -> Result<(Checked, Option<TriedCode<'_>>), Denied> {
        let user = self.find_login(username).await?;
        // A device is no proof of having been here before: its id is no secret.
        let checked = self.check_password(caller, username, password, user.as_deref(), false).await?;
        self.may_begin(caller, Some(checked.user()), self.now())?;
        let tried = match &user {
            Some(user) => self.begin_sent_code(caller, user, otp).await?,
            None => None,
        };
        Ok((checked, tried))
    }

    /// The whole law of the password grant, once the password was right.
    ///
    /// There is no page here on which a person could agree. Of a client that asks people, only what they agreed to before
    /// is given; else the grant is refused, and the client sends them through the authorization endpoint once.
    pub(super) async fn redeem_password(
        &self,
        asked: &Asked<'_>,
        checked: &Checked,
        otp: Option<&Secret>,
    ) -> Result<Decision<Authorization>, Denied> {
        let client = asked.client.client();
        let kept = match self.still_right(checked).await? {
            Ok(Some(kept)) => kept,
            // Their hash changed since it was compared: worth another try.
            Ok(None) => return Err(Denied::Busy(Duration::from_secs(1))),
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        let user = checked.brought_up_to_date(&kept);
        newcomer::may_use(client, &user)?;
        let scopes = scope::of_newcomer(asked.scope.as_ref(), client)?;
        let consent = match client.consent {
            ConsentPolicy::Skip => None,
            ConsentPolicy::Ask => {
                let before = self.ledger.find::<Consent>(&format!("{}/{}", user.id, client.id)).await?;
                let covered = before.filter(|before| before.covers(&scopes, std::iter::empty()));
                Some(covered.ok_or(Refusal::ConsentRequired)?)
            }
        };
        let demanded = self.demanded_of(&user, Some(client)).await?;
        let mut used = Changes::new();
        let how = match self.proved_without_browser(&user, demanded, otp, &mut used).await? {
            Ok(how) => how,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        let right = self.welcome(asked, &user, how, scopes).await?;
        Ok(right.with(|changes| {
            changes.extend(used).update(&kept, &user);
            if let Some(consent) = &consent {
                changes.expect(consent);
            }
        }))
    }
}
