//! Signing in by mail, its first half: whoever says a name or an address has a code sent to the address of that account.
//!
//! As for a way back in ([`super::reset`]), nobody learns whether there is such an account: the answer is the same, and the
//! work is alike. What is kept for a name that nobody has waits for a code that nobody was sent.

use crate::base::digest::Digest;
use crate::base::ids::{InteractionId, SignInId, UserId};
use crate::base::secret::Secret;
use crate::engine::post::Addressee;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::mail::Letter;
use crate::model::refusal::Refusal;
use crate::model::sign_in::MailedSignIn;
use crate::model::user::{User, login_key};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::device;
use super::familiar::Traces;
use super::mailed_code::link_token;
use super::recovery::state;
use super::recovery_codes::as_shown;
use super::sessions::Visitor;

/// Of so many characters a code is made: 39 bits, of which five can be tried.
const LENGTH: usize = 8;
/// How many codes that work somebody may have before no more are mailed; as many again for browsers they are known in.
const MOST_CODES: usize = 5;
/// Where the code is typed in.
const PAGE: &str = "/login/mail/code";

/// Whoever wants a code, and what their browser had already.
#[derive(Clone, Debug)]
pub struct AskedCode {
    /// The username or e-mail address, as typed.
    pub username: String,
    /// The cookie of the browser. The code works in this one only.
    pub browser: Secret,
    /// The authorization request that waits for this, if there is one.
    pub interaction: Option<InteractionId>,
    /// The page of ours to go to afterwards.
    pub next: Option<String>,
    /// Who uses this browser now.
    pub current: Option<Visitor>,
    /// A session cookie this browser holds from an earlier time, live or not.
    pub known: Option<Secret>,
    /// What an earlier sign-in left in this browser ([`super::NewSession::familiar`]).
    pub familiar: Option<Secret>,
}

impl AskedCode {
    fn traces(&self) -> Traces<'_> {
        let AskedCode { current, familiar, known, .. } = self;
        Traces { current: current.as_ref(), familiar: familiar.as_ref(), session: known.as_ref() }
    }
}

impl Engine {
    /// Whether people may sign in with a code by mail: it is so decided, and letters can be sent.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn mails_codes(&self) -> Result<bool, Fault> {
        Ok(self.settings().await?.sign_in_by_mail && self.has_mail().await?)
    }

    /// Has a code mailed to whoever signs in with the name typed, if they can be reached. Says nothing about that: the
    /// sign-in it begins waits for a code in any case.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where nobody signs in by mail; [`Refusal::TooManyTries`], which depends on the network only and
    /// never on the name; the store's fault.
    pub async fn mail_code(&self, caller: &Caller, asked: &AskedCode) -> Result<SignInId, Denied> {
        if !self.mails_codes().await? {
            return Err(Refusal::NotFound("page").into());
        }
        self.gate.arrivals.mailed_code(&caller.network, self.now())?;
        let user = self.find_login(&asked.username).await?;
        let known = match &user {
            Some(user) => self.knows_browser(user, asked.traces()).await?,
            None => false,
        };
        if !known {
            self.gate.arrivals.strange_code(self.now())?;
        }
        // Strangers who fill a letter box keep nobody out in a browser of their own.
        let whom = match &user {
            Some(user) if known => format!("{}\0known", user.id),
            Some(user) => user.id.to_string(),
            None => login_key(&asked.username),
        };
        let room = self.gate.arrivals.has_room_for_code(&whom, &caller.network, self.now());
        self.settle(|| self.decide_mail_code(caller, asked, known, room)).await
    }

    async fn decide_mail_code(
        &self,
        caller: &Caller,
        asked: &AskedCode,
        known: bool,
        room: bool,
    ) -> Result<Decision<SignInId>, Denied> {
        let now = self.now();
        let found = self.find_login(&asked.username).await?;
        let nobody = UserId::random(&*self.rng);
        let waiting = self.codes_of(found.as_ref().map_or(&nobody, |user| &user.id), known).await?;
        let reached = found.as_ref().filter(|user| room && may_be_mailed(user) && waiting < MOST_CODES);

        let (id, code) = (SignInId::random(&*self.rng), self.chance_code(LENGTH));
        let until = now.plus(MailedSignIn::LIFETIME);
        let letter = Letter::SignInCode {
            code: as_shown(&code),
            link: self.page_link(PAGE, &link_token(&id, &code)),
            device: device::in_words(&caller.user_agent),
            address: caller.address.clone(),
            until,
        };
        let (to, name) = reached.map_or_else(Default::default, |user| (address_of(user), user.display_name()));
        let letter = self.written(&Addressee { to: &to, name: &name, user: reached.map(|user| &user.id) }, &letter)?;
        let sign_in = MailedSignIn {
            browser: asked.browser.digest(),
            code: self.mailed_digest(&id, &code),
            user: reached.map_or(nobody, |user| user.id.clone()),
            state: reached.map_or_else(|| Digest::of(id.as_str()), |user| state(user)),
            access_epoch: reached.map_or(0, |user| user.access_epoch),
            name: self.name_digest(&asked.username),
            known,
            wrong: 0,
            interaction: asked.interaction.clone(),
            next: asked.next.clone(),
            expires_at: until,
            id: id.clone(),
        };
        let mut changes = Changes::new();
        changes.create(&sign_in);
        if let Some(user) = reached {
            let record = caller.record(now, &*self.rng, AuditActor::Nobody, AuditKind::SignInCodeMailed);
            changes.expect(user).create(&letter);
            changes.create(&record.about_user(&user.id).with("mailed_to", &to));
        }
        Ok(Decision { answer: Ok(id), changes })
    }

    /// How many codes somebody can use now that were asked for in browsers like this one.
    async fn codes_of(&self, user: &UserId, known: bool) -> Result<usize, Fault> {
        let of_user = format!("{user}\0");
        let most = 4 * MOST_CODES;
        let sent = self.ledger.list_by::<MailedSignIn>("user", &of_user, Order::Ascending, None, most).await?;
        let now = self.now();
        Ok(sent.items.iter().filter(|one| one.expires_at > now && one.known == known).count())
    }
}

/// Whether a code for them makes sense: letters that let somebody in go to addresses that were shown to be theirs.
pub(super) fn may_be_mailed(user: &Kept<User>) -> bool {
    user.is_enabled() && !user.is_guest() && user.email.is_some() && user.email_verified
}

fn address_of(user: &Kept<User>) -> String {
    user.email.clone().unwrap_or_default()
}

#[cfg(test)]
#[path = "mail_code_tests.rs"]
mod tests;
