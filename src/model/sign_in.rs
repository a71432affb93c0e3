//! Sign-ins that have begun and are not finished: a password was right and something is missing still, or a code is on its way
//! by mail.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{InteractionId, SessionId, SignInId, UserId};

use super::session::Authentication;

/// Which proof a deployment, a group or an application demands of those who sign in. The strictest of them holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredFactor {
    /// A password will do, unless the person has enrolled more themselves.
    #[default]
    None,
    /// A second factor, or a passkey that verified its user.
    SecondFactor,
    /// A passkey, which cannot be phished.
    Passkey,
}

impl RequiredFactor {
    /// All of them with their names in files and forms, the laxest first.
    pub const ALL: [(RequiredFactor, &str); 3] = [
        (RequiredFactor::None, "none"),
        (RequiredFactor::SecondFactor, "second_factor"),
        (RequiredFactor::Passkey, "passkey"),
    ];

    /// Its name in files and forms.
    pub fn name(self) -> &'static str {
        match self {
            RequiredFactor::None => "none",
            RequiredFactor::SecondFactor => "second_factor",
            RequiredFactor::Passkey => "passkey",
        }
    }

    /// The one called `name`.
    pub fn parse(name: &str) -> Option<RequiredFactor> {
        RequiredFactor::ALL.into_iter().find(|(_, known)| *known == name).map(|(factor, _)| factor)
    }
}

/// A sign-in between its steps. It opens nothing: there is no session before the last of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedSignIn {
    /// Its id, in the address of the pages it passes.
    pub id: SignInId,
    /// What the cookie of the browser that began it must digest to.
    pub browser: Digest,
    /// Who is about to be signed in.
    pub user: UserId,
    /// What they proved so far.
    pub proved: Authentication,
    /// Whether what it began with had been proved a moment before. Only then is anything enrolled on the way: a session that
    /// somebody left open must not become a passkey of whoever finds it.
    #[serde(default)]
    pub fresh: bool,
    /// Their count of the events that end all access, then.
    pub access_epoch: u32,
    /// What their password digested to, then: once it differs, it is over.
    pub password: Digest,
    /// The authorization request that waits for it.
    pub interaction: Option<InteractionId>,
    /// The session it renews, when the same person is signed in already.
    pub renews: Option<SessionId>,
    /// What is demanded beyond what holds of everybody, as when an application demands more.
    pub required: RequiredFactor,
    /// What the application would like beyond that, of those who have it.
    #[serde(default)]
    pub wanted: RequiredFactor,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is too old to go on.
    pub expires_at: Timestamp,
}

impl UnfinishedSignIn {
    /// How long people have for their second factor, enrolling one included.
    pub const LIFETIME: std::time::Duration = std::time::Duration::from_secs(15 * 60);
}

/// A sign-in that waits for a code which was sent by mail. For whoever cannot be reached one is kept as well, of nobody: it
/// waits for a code that nobody has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedSignIn {
    /// Its id, in the address of its page.
    pub id: SignInId,
    /// What the cookie of the browser that asked must digest to.
    pub browser: Digest,
    /// What the code digests to, keyed.
    pub code: Digest,
    /// Who is about to be signed in.
    pub user: UserId,
    /// What their password and address digested to when it was sent; once they differ, it is over.
    pub state: Digest,
    /// Their count of the events that end all access, then.
    pub access_epoch: u32,
    /// What was typed, digested and keyed: tries are counted by it, whether or not it names anybody.
    pub name: Digest,
    /// Whether they had signed in with that browser before: strangers do not use up what is sent there.
    pub known: bool,
    /// How many wrong codes were given.
    pub wrong: u32,
    /// The authorization request that waits for it.
    pub interaction: Option<InteractionId>,
    /// The page of ours to go to afterwards.
    pub next: Option<String>,
    /// When the code stops working.
    pub expires_at: Timestamp,
}

impl MailedSignIn {
    /// How long a code works (NIST SP 800-63B-4, section 3.1.3.2, for codes that are sent).
    pub const LIFETIME: std::time::Duration = std::time::Duration::from_secs(10 * 60);
    /// How many wrong codes end it.
    pub const MOST_WRONG: u32 = 5;

    /// Whether a code can be given at `now`.
    pub fn waits(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.wrong < MailedSignIn::MOST_WRONG
    }
}
