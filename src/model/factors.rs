//! What people prove themselves with besides a password: authenticator, recovery codes, passkeys, and the browsers in
//! which they gave a second factor before.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::UserId;
use crate::base::seal::Sealed;

use super::verification::UserVerification;

/// Everything one person has enrolled. One record a person, so that each use is one conditional update: whatever works
/// once works once, also in parallel and after a crash. Who has none has no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// Whose they are.
    pub user: UserId,
    /// Their authenticator, once a first code has shown that it works.
    #[serde(default)]
    pub totp: Option<Totp>,
    /// An authenticator that has yet to show a code.
    #[serde(default)]
    pub enrolling: Option<EnrollingTotp>,
    /// Their recovery codes, used ones included.
    #[serde(default)]
    pub recovery_codes: Option<RecoveryCodes>,
    /// Their passkeys, the oldest first.
    #[serde(default)]
    pub passkeys: Vec<Passkey>,
    /// Browsers in which the second factor is not asked for each time.
    #[serde(default)]
    pub devices: Vec<RememberedDevice>,
    /// Wrong codes lately. Not every one is written down; enough to go on slowing down after a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_codes: Option<WrongCodes>,
    /// Whether their password is one that is long enough only beside a factor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub short_password: bool,
    /// Whether a passkey was suggested to them and they answered, or had one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passkey_suggested: bool,
}

impl Factors {
    /// How many passkeys a person may have.
    pub const MOST_PASSKEYS: usize = 20;
    /// How many browsers remember the second factor at most; the oldest goes first.
    pub const MOST_DEVICES: usize = 10;

    /// Nothing enrolled yet.
    pub fn none(user: &UserId) -> Factors {
        Factors {
            user: user.clone(),
            totp: None,
            enrolling: None,
            recovery_codes: None,
            passkeys: Vec::new(),
            devices: Vec::new(),
            wrong_codes: None,
            short_password: false,
            passkey_suggested: false,
        }
    }

    /// What of all this counts where `verification` is asked for. Nobody asks what somebody has in another way.
    pub fn under(&self, verification: UserVerification) -> Counted<'_> {
        Counted { factors: self, verification }
    }

    /// Whether nothing is enrolled that was ever worth anything beside a password, whatever counts now.
    pub fn is_bare(&self) -> bool {
        self.totp.is_none() && self.passkeys.is_empty()
    }

    /// Whether one of their passkeys signs them in with nothing else, which no setting changes.
    pub fn sign_in_alone(&self) -> bool {
        self.passkeys.iter().any(Passkey::signs_in_alone)
    }

    /// Drops what only stands in for a factor, when there is none any more.
    pub fn tidy(&mut self) {
        if self.is_bare() {
            self.recovery_codes = None;
            self.devices.clear();
        }
    }

    /// How many recovery codes are unused.
    pub fn recovery_codes_left(&self) -> usize {
        self.recovery_codes.as_ref().map_or(0, |codes| codes.codes.iter().filter(|code| code.used_at.is_none()).count())
    }
}

/// What somebody has as things are set: a security key that does not check its owner counts only where that is permitted.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    factors: &'a Factors,
    verification: UserVerification,
}

impl<'a> Counted<'a> {
    /// All of it, what does not count included.
    pub fn all(self) -> &'a Factors {
        self.factors
    }

    /// Whether one of their passkeys can be asked for, be it only beside a password.
    pub fn has_passkey(self) -> bool {
        self.factors.passkeys.iter().any(|passkey| passkey.counts(self.verification))
    }

    /// Whether one of these is a security key, which serves only beside a password.
    pub fn has_security_key(self) -> bool {
        self.factors.passkeys.iter().any(|key| key.counts(self.verification) && !key.signs_in_alone())
    }

    /// Whether anything can be asked for beside the password. Recovery codes alone are none: they replace a factor.
    pub fn has_second(self) -> bool {
        self.factors.totp.is_some() || self.has_passkey()
    }

    /// Whether the browser noted by this `locator` spares its person, who has ended all access `access_epoch` times, the
    /// second factor at `now`: while they have one.
    pub fn spares(self, locator: &str, access_epoch: u32, now: Timestamp) -> bool {
        let noted = self.factors.devices.iter().find(|device| device.locator == locator);
        self.has_second() && noted.is_some_and(|device| device.holds(access_epoch, now))
    }
}

/// A time-based one-time password generator (RFC 6238): SHA-1, six digits, thirty seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// The shared seed, 160 bits, encrypted at rest.
    pub seed: Sealed,
    /// Since when it counts.
    pub since: Timestamp,
    /// The last time step whose code was taken; no code of this step or an earlier one is ever taken again (RFC 6238,
    /// section 5.2).
    pub last_step: u64,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A seed that was shown and has yet to be proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollingTotp {
    /// The seed, encrypted at rest.
    pub seed: Sealed,
    /// The session or unfinished sign-in it was shown to. It is shown to no other: whoever saw it could make its codes.
    pub holder: String,
    /// When it is too late to prove it.
    pub expires_at: Timestamp,
}

/// Codes for when every other factor is out of reach: shown once, each good for one sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// When they were made.
    pub made_at: Timestamp,
    /// The codes, in the order they were shown.
    pub codes: Vec<RecoveryCode>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCode {
    /// What it must digest to, keyed with the deployment's own key.
    pub digest: Digest,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// A passkey (Web Authentication Level 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// Its credential id, base64url.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Public key, counter and flags, as the relying-party library writes them (JSON).
    pub credential: String,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last signed somebody in.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is kept in more than one place, as synchronised passkeys are.
    pub backed_up: bool,
    /// Whether it checked its owner when it was enrolled: by PIN, finger or face. One that did always must.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub verifies: bool,
    /// Whether its authenticator finds it without being told whose it is (a discoverable credential, section 6.2).
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub discoverable: bool,
}

impl Passkey {
    /// Whether it signs its owner in with nothing else. Another one is a security key, which serves beside a password.
    pub fn signs_in_alone(&self) -> bool {
        self.verifies && self.discoverable
    }

    /// Whether it is worth anything where `verification` is asked for.
    pub fn counts(&self, verification: UserVerification) -> bool {
        self.verifies || verification == UserVerification::Preferred
    }
}

/// Passkeys from before there were others.
fn yes() -> bool {
    true
}

/// How many codes were wrong since the last right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrongCodes {
    /// How many, at least.
    pub count: u32,
    /// When the last of them was.
    pub last: Timestamp,
}

/// A browser in which the second factor was given and is not asked for again for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedDevice {
    /// Its locator; not secret.
    pub locator: String,
    /// What its cookie must digest to.
    pub digest: Digest,
    /// The browser in words.
    pub device: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when, used or not.
    pub expires_at: Timestamp,
    /// Its person's count of the events that end all access, then.
    pub access_epoch: u32,
}

impl RememberedDevice {
    /// Whether it counts at `now` for its person, who has ended all access `access_epoch` times.
    pub fn holds(&self, access_epoch: u32, now: Timestamp) -> bool {
        now < self.expires_at && self.access_epoch == access_epoch
    }
}

/// A ceremony with a passkey that has begun (Web Authentication Level 3, sections 7.1 and 7.2). Its challenge is good once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyChallenge {
    /// Its id, not secret.
    pub id: String,
    /// What the cookie of the browser that began it must digest to.
    pub browser: Digest,
    /// Whose, where that is known before.
    pub user: Option<UserId>,
    /// What it is for; no answer to one purpose serves another.
    pub purpose: ChallengePurpose,
    /// Whether the authenticator was told to check its owner.
    #[serde(default)]
    pub verification: UserVerification,
    /// The challenge and what the answer must satisfy, as the relying-party library writes them (JSON).
    pub state: String,
    /// When it is too old.
    pub expires_at: Timestamp,
}

/// What a passkey ceremony is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengePurpose {
    /// A new passkey.
    Enrol,
    /// To sign in with nothing else.
    SignIn,
    /// To prove again who one is, with nothing else.
    Confirmation,
    /// To finish a sign-in that began with a password.
    SecondFactor,
}
