//! An administrator stops acting for somebody, and their browser goes on in their own session.

use std::time::Duration;

use crate::base::ids::UserId;
use crate::base::secret::{Kind, Secret};
use crate::engine::users::sessions::ended;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::session::{Session, SessionLife};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

/// What becomes of a browser in which somebody acted.
#[derive(Clone, Debug)]
pub enum Stopped {
    /// The administrator's own session goes on in it.
    Back {
        /// For whom they acted.
        user: UserId,
        /// What the browser shall keep. Shown once.
        cookie: Secret,
        /// For how long.
        life: Duration,
    },
    /// Nobody is signed in there: acting had been ended otherwise, the administrator's own session is over, or it was never
    /// this browser's.
    SignedOut,
    /// Nobody acted there.
    Nothing,
}

impl Engine {
    /// Ends the session in which somebody acts that `cookie` holds, and gives the browser a new cookie of the administrator's
    /// own session: once, and only to the browser that session was left in. Nothing else is said of that by the old cookie, so
    /// whoever comes by that alone gets no further.
    ///
    /// # Errors
    /// The store's fault, or [`Denied::Busy`].
    pub async fn stop_acting(&self, caller: &Caller, cookie: &Secret, browser: &Secret) -> Result<Stopped, Denied> {
        self.settle(|| async move {
            let kept = self.session_of_cookie(cookie).await?;
            let Some((kept, acting)) = kept.and_then(|kept| kept.acting.clone().map(|acting| (kept, acting))) else {
                return Ok(Decision::allow(Stopped::Nothing));
            };
            if kept.life != SessionLife::Open {
                return Ok(Decision::allow(Stopped::SignedOut));
            }
            let mut changes = Changes::new();
            changes.update(&kept, &ended(&kept, self.now())).create(&self.end_record(caller, kept.audited(), &kept));
            let own = match acting.browser.is_of(browser.expose()) {
                true => self.own_session_left(&kept).await?,
                false => None,
            };
            let Some((own, administrator)) = own else {
                return Ok(Decision { answer: Ok(Stopped::SignedOut), changes });
            };
            let handle = Kind::Session.generate_handle(self.now(), &*self.rng);
            let (cookie, digest) = (handle.locator, handle.secret.digest());
            changes.expect(&administrator).update(&own, &Session { cookie, digest, ..own.record().clone() });
            let life = own.expires_at.since(self.now());
            let user = kept.user.clone();
            Ok(Decision { answer: Ok(Stopped::Back { user, cookie: handle.secret, life }), changes })
        })
        .await
    }

    /// The session the administrator left to act in `session`, if that is open and theirs still.
    pub(in crate::engine) async fn own_session_left(
        &self,
        session: &Session,
    ) -> Result<Option<(Kept<Session>, Kept<User>)>, Fault> {
        let Some(acting) = &session.acting else { return Ok(None) };
        let own = self.ledger.find::<Session>(acting.session.as_str()).await?;
        let administrator = self.ledger.find::<User>(acting.administrator.as_str()).await?;
        let Some((own, administrator)) = own.zip(administrator) else { return Ok(None) };
        let holds = own.is_open(self.now())
            && own.is_of(&administrator)
            && own.acting.is_none()
            && administrator.is_enabled()
            && administrator.access_epoch == acting.access_epoch;
        Ok(holds.then_some((own, administrator)))
    }
}
