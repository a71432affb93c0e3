//! What the console shows: one plain struct for each template, filled by the handlers.
//!
//! A view holds finished words and decides nothing; the frame of each carries the administrator. Every struct has
//! [`Samples`](crate::http::page::Samples), kept in `samples.rs`.

mod access_keys;
mod application;
mod applications;
mod dialects;
mod group;
mod invitations;
mod lists;
mod mail;
mod overview;
mod people;
mod samples;
mod snippet;

pub use access_keys::{AccessKeyRow, AccessKeys};
pub use application::{
    ALGORITHMS, Application, GrantChoice, NewSecret, SECRET_LIVES, ScopeChoice, SecretRow, TOKEN_FORMS, TokenFields,
    TypedAddresses, Warning,
};
pub use applications::{ApplicationRow, Applications, NewApplication};
pub use dialects::{CLAIMS_PROFILES, CustomChange, DialectRow, ExampleText, IdentityFields};
pub use group::{GroupApplication, GroupMember, OneGroup};
pub use invitations::{InvitationRow, Invitations, NewLink};
pub use lists::{
    Activity, Choice, Confirm, GroupRow, Groups, KeyRow, KeyTurn, Keys, PlacedDialect, ScopeForm, ScopeRow, Scopes,
    Settings,
};
pub use mail::{GivenUpRow, Mail, MailFacts, MailServer, StageRow, TrialView, WaitingRow};
pub use overview::{HealthRow, Overview};
pub use people::{ACTING_MINUTES, ActForm, GroupChoice, NewPerson, OneTimeLink, People, Person, PersonRow};
pub use snippet::{LANGUAGES, Snippet};
