//! People: how they come in, how they stay, what they may change about themselves, and the way back in.
//!
//! Reading order, by what people come for:
//!
//! - **To sign in.** [`sign_in`] is the story, [`check_password`] its first half (by a hash of [`hasher`], made as [`argon`]
//!   says; [`tries`] says how often somebody may). [`mail_code`] sends a code instead, and [`mailed_code`] takes it.
//!   [`proceed`] is the end: the one way from a proof to a session, or to what [`mod@needs`] finds missing of what is
//!   [`demanded`]. That is kept as [`unfinished`] until [`second_factor`] ([`codes`], [`remembered`]), [`passkeys`] or
//!   [`enrol_in_sign_in`] bring it. [`without_browser`] is for those who bring all at once.
//! - **To stay.** [`sessions`] holds whoever is signed in ([`grant_sessions`] those in clients of ours), [`fresh`] says who
//!   proved it a moment ago; [`device`] and [`familiar`] know browsers again. [`acting`] lets an administrator act for
//!   somebody: a [`Visitor`], and never [`SignedIn`].
//! - **For the first time.** [`set_up`] makes the first administrator; [`arriving`], [`self_registration`] and
//!   [`registration`] everybody who comes by themselves ([`arrivals`] says how many). [`guests`] come without a name, and
//!   [`care`] is for those who are in somebody's.
//! - **To find back.** [`recovery`] is the link, [`reset`] mails it, [`verify_address`] makes sure that an address is theirs.
//! - **To look after themselves.** [`account`], [`names`], [`profile`]; [`own_password`], for which [`passwords`] says what will
//!   do ([`guessing`], [`reasons`]); [`factors`], which are what they have enrolled beside one ([`authenticator`],
//!   [`recovery_codes`]); [`applications`], [`launcher`], [`own_activity`], [`own_data`], [`farewell`].

pub mod account;
pub mod acting;
pub mod applications;
pub mod argon;
pub(crate) mod arrivals;
pub mod arriving;
pub mod authenticator;
pub mod care;
pub(in crate::engine) mod check_password;
pub(crate) mod codes;
mod demanded;
pub mod device;
mod enrol_in_sign_in;
pub mod factors;
pub mod familiar;
pub mod farewell;
pub mod fresh;
mod grant_sessions;
mod guessing;
pub(crate) mod guests;
pub mod hasher;
pub mod launcher;
mod mail_code;
pub mod mailed_code;
pub mod names;
pub mod needs;
pub mod own_activity;
pub mod own_data;
pub mod own_password;
pub mod passkeys;
pub mod passwords;
mod picture;
pub(in crate::engine) mod proceed;
pub mod profile;
mod reasons;
pub mod recovery;
pub mod recovery_codes;
pub mod registration;
pub mod remembered;
pub mod reset;
pub mod second_factor;
pub mod self_registration;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tries;
pub(in crate::engine) mod unfinished;
pub mod verify_address;
pub(in crate::engine) mod without_browser;

pub use acting::{ActAs, NewActing};
pub use applications::Application;
pub use argon::{Verified, is_checkable};
pub use enrol_in_sign_in::EnrolledInSignIn;
pub use fresh::Fresh;
pub use hasher::{Hasher, HashingLimits, Turn};
pub use launcher::Launchable;
pub use mail_code::AskedCode;
pub use mailed_code::{GivenMailedCode, MailedView};
pub use needs::{Need, needs};
pub use passkeys::PasskeyView;
pub use proceed::SignInStep;
pub use registration::Registration;
pub use remembered::RememberedView;
pub use second_factor::GivenCode;
pub use sessions::{NewSession, SessionView, SignedIn, Visitor};
pub use set_up::SetUp;
pub use sign_in::SignIn;
pub use unfinished::UnfinishedView;
pub use verify_address::NewAddress;

use std::io;
use std::sync::Arc;

use crate::base::rng::Rng;
use arrivals::Arrivals;
use tries::Tries;

/// What stands between strangers and accounts, in the memory of this process.
pub(crate) struct Gate {
    /// Hashes and checks passwords.
    pub hasher: Hasher,
    /// Says how often somebody may guess.
    pub tries: Tries,
    /// Says how often somebody may try codes.
    pub codes: Tries,
    /// Says how often somebody may try codes that came by mail, which strangers can ask for.
    pub mailed: Tries,
    /// Says how many accounts a network may bring about.
    pub arrivals: Arrivals,
    /// How far maintenance has come in looking after guests.
    pub guests: guests::GuestWalk,
}

impl Gate {
    /// A gate at which nobody has tried anything yet.
    ///
    /// # Errors
    /// Those of [`Hasher::start`].
    pub fn open(limits: HashingLimits, rng: &Arc<dyn Rng>) -> io::Result<Gate> {
        Ok(Gate {
            hasher: Hasher::start(limits, Arc::clone(rng))?,
            tries: Tries::new(),
            codes: Tries::of_codes(),
            mailed: Tries::of_codes(),
            arrivals: Arrivals::new(),
            guests: Default::default(),
        })
    }
}
