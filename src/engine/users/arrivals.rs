//! How many accounts one network may bring about, since each is a record that stays and each try tells whether an address is
//! known here; and how many letters strangers may have us send.

use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;
use crate::base::ids::UserId;
use crate::base::rate::{Limiter, TooMany};
use crate::model::refusal::Refusal;

/// How many may register at once: a family, a class, whoever shares an address with them.
const REGISTRATIONS: u32 = 30;
/// How long until one more may.
const REGISTRATION_PACE: Duration = Duration::from_secs(60);
/// How many guests may come at once: nobody chooses to be one, so whole networks of devices do.
const GUESTS: u32 = 200;
/// How long until one more may.
const GUEST_PACE: Duration = Duration::from_secs(5);
/// How many letters with a way back in a network may ask for at once.
const RESETS: u32 = 10;
/// How long until one more may.
const RESET_PACE: Duration = Duration::from_secs(60);
/// How many codes to sign in with a network may ask for at once: an office in the morning. Letter boxes are kept from being
/// filled by [`BOX`].
const CODES: u32 = 60;
/// How long until one more may.
const CODE_PACE: Duration = Duration::from_secs(10);
/// How many letters all networks together may ask for at once, and how long until one more may: each is a durable write. Codes
/// to sign in with are counted apart from the others.
const ALL_LETTERS: (u32, Duration) = (300, Duration::from_millis(200));
/// How many letters one letter box gets at once because strangers ask for them, and how long until one more. The links that
/// are kept are counted too, which holds across a restart; this holds among those who ask at the same moment.
const BOX: (u32, Duration) = (5, Duration::from_secs(12 * 60));
/// How many of these one network gets where they are codes, which help nobody but whoever asked: one network alone keeps
/// nobody's codes from coming.
const SHARE: u32 = 3;
/// How often somebody may ask for a letter that proves an address at once.
const ADDRESSES: u32 = 5;
/// How long until once more.
const ADDRESS_PACE: Duration = Duration::from_secs(10 * 60);
/// How many networks are remembered.
const MOST: usize = 50_000;

/// What strangers have letters sent for. What they ask for of one kind leaves room for the others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// A code to sign in with.
    Code,
    /// The way back in.
    Reset,
    /// A link to make an account with.
    Registration,
}

/// The arrivals at this process.
pub(crate) struct Arrivals {
    registrations: Limiter<[u8; 32]>,
    guests: Limiter<[u8; 32]>,
    resets: Limiter<[u8; 32]>,
    codes: Limiter<[u8; 32]>,
    all_codes: Limiter<()>,
    all_letters: Limiter<()>,
    boxes: Limiter<[u8; 32]>,
    shares: Limiter<[u8; 32]>,
    addresses: Limiter<[u8; 32]>,
    /// What the limiters call the beginning of time; its moments follow the engine's clock.
    origin: Instant,
}

impl Arrivals {
    pub(super) fn new() -> Arrivals {
        Arrivals {
            registrations: Limiter::new(REGISTRATIONS, REGISTRATION_PACE, MOST),
            guests: Limiter::new(GUESTS, GUEST_PACE, MOST),
            resets: Limiter::new(RESETS, RESET_PACE, MOST),
            codes: Limiter::new(CODES, CODE_PACE, MOST),
            all_codes: Limiter::new(ALL_LETTERS.0, ALL_LETTERS.1, 2),
            all_letters: Limiter::new(ALL_LETTERS.0, ALL_LETTERS.1, 2),
            boxes: Limiter::new(BOX.0, BOX.1, MOST),
            shares: Limiter::new(SHARE, BOX.1, MOST),
            addresses: Limiter::new(ADDRESSES, ADDRESS_PACE, MOST),
            origin: Instant::now(),
        }
    }

    /// Counts one more registration from `network`, whatever comes of it.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn register(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.registrations, network, now)
    }

    /// Counts one more guest from `network`.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(in crate::engine) fn guest(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.guests, network, now)
    }

    /// Counts one more request for a way back in from `network`, whoever it is for.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn reset(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.resets, network, now)?;
        self.all_letters.take(&(), self.moment(now)).map_err(too_many)
    }

    /// Counts one more request for a code to sign in with from `network`, whoever it is for.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn mailed_code(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.codes, network, now)
    }

    /// Counts the same among those of all networks, for browsers that the person was never signed in with.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn strange_code(&self, now: Timestamp) -> Result<(), Refusal> {
        self.all_codes.take(&(), self.moment(now)).map_err(too_many)
    }

    /// Counts one more registration from `network` that begins with a letter.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn register_by_mail(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.register(network, now)?;
        self.all_letters.take(&(), self.moment(now)).map_err(too_many)
    }

    /// Whether the letter box of `whom`, an account or an address, has room for one more letter that a stranger has `asked`
    /// for.
    pub(super) fn has_room(&self, asked: Asked, whom: &str, now: Timestamp) -> bool {
        self.take(&self.boxes, &format!("{asked:?}\0{whom}"), now).is_ok()
    }

    /// The same for a code, of which no network gets all that there is room for.
    pub(super) fn has_room_for_code(&self, whom: &str, network: &str, now: Timestamp) -> bool {
        self.take(&self.shares, &format!("{whom}\0{network}"), now).is_ok() && self.has_room(Asked::Code, whom, now)
    }

    /// Counts one more letter that `user` wants to prove an address with.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn address(&self, user: &UserId, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.addresses, user.as_str(), now)
    }

    fn take(&self, limiter: &Limiter<[u8; 32]>, network: &str, now: Timestamp) -> Result<(), Refusal> {
        limiter.take(&sha256(network.as_bytes()), self.moment(now)).map_err(too_many)
    }

    fn moment(&self, now: Timestamp) -> Instant {
        let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        self.origin.checked_add(since).unwrap_or(self.origin)
    }
}

fn too_many(TooMany { retry_after }: TooMany) -> Refusal {
    Refusal::TooManyTries(u32::try_from(retry_after).unwrap_or(u32::MAX))
}
