//! What the pages for people show: one plain struct for each template, filled by the handlers.
//!
//! A view holds finished words and decides nothing. Every struct has [`Samples`](crate::http::page::Samples), kept in
//! `samples.rs`, so that each template is drawn with ordinary, faulty, empty and hostile data in the tests.

mod account;
mod arriving;
mod consent;
mod entry;
mod factors;
mod leaving;
mod mail;
mod mail_code;
mod passkeys;
mod samples;
mod second_factor;
mod sign_in;

pub use account::{
    Care, CareRow, CheckRow, Deletion, Grants, Home, Overview, OwnActivity, OwnData, Password, Preferences, Profile,
    ProfileFields, ProgramRow, RememberedRow, Sessions, Tile,
};
pub use arriving::{Arrive, Register, RegisterSent};
pub use consent::{Ask, Consent, Detail};
pub use entry::{LinkClosed, Recover, Setup, password_hint};
pub use factors::{Authenticator, Enrolling, RecoveryCodes};
pub use leaving::{SignOut, SignedOut};
pub use mail::{OwnAddress, Reset, ResetSent, Verify};
pub use mail_code::{MailCode, MailCodeNote, MailedCode, MailedNotice};
pub use passkeys::{AddPasskey, KeyKind, PasskeyRow, Passkeys};
pub use second_factor::{Asks, CodeNotice, NewCodes, SecondFactor};
pub use sign_in::{ChooseAccount, Destination, FlowExpired, Notice, SignIn};
