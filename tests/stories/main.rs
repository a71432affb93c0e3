//! Stories over HTTP: people, their browsers and the applications they use, in one process, with a clock and a chance that
//! stand still.
//!
//! The people and things: [`house`] (the server), [`person`] and [`browser`] (who comes), [`app`] (who asks), [`wire`] (what
//! is said), [`store`] (what can fail). [`wire::Reply::check`] holds for every reply of every story.
//!
//! - How it goes well: [`walk`], [`prompts`], [`account`], [`documents`].
//! - What is refused at the authorization endpoint: [`redirects`], [`parameters`], [`tabs`].
//! - What is refused to applications: [`clients`], [`codes`], [`renewals`], [`kinds`], [`forged`].
//! - Dialects: [`places`] (where they lie), [`worksection`], [`worksection_refusals`], [`laserfiche`], [`chat`].
//! - What ends access, and how it is felt: [`matrix`]. What cannot be answered: [`failures`].
//! - What stands between a password and a session: [`second_factor`], [`demands`].
//! - Applications of our own: [`ours`], [`first_party`], [`guests`], [`minors`], [`bearer_authorize`], [`incrowd`].
//! - What is written to people, and what only letters carry: [`mail`], [`mail_code`],
//!   [`mail_code_refusals`].
//! - Programs of their own: [`machine`].
//! - An administrator acts for somebody: [`acting`].
//! - Passkeys: [`passkeys`], with one in software ([`soft_passkey`]).
//! - What nobody learns: [`cors`], [`headers`], [`secrets`], [`entry`].

#[path = "../common/indoors.rs"]
mod indoors;
#[path = "../common/jar.rs"]
mod jar;
#[path = "../common/smtp.rs"]
mod smtp;
#[path = "../common/soft_passkey.rs"]
mod soft_passkey;

mod app;
mod authenticator;
mod bad_input;
mod browser;
mod house;
mod mailbox;
mod ours;
mod own_account;
mod person;
mod store;
mod wanderer;
mod wire;

mod account;
mod acting;
mod bearer_authorize;
mod chat;
mod clients;
mod codes;
mod cors;
mod demands;
mod documents;
mod enrolment;
mod entry;
mod every_dialect;
mod every_way;
mod failures;
mod first_party;
mod forged;
mod guests;
mod headers;
mod incrowd;
mod kinds;
mod laserfiche;
mod machine;
mod mail;
mod mail_code;
mod mail_code_refusals;
mod matrix;
mod minors;
mod open_sessions;
mod parameters;
mod passkeys;
mod places;
mod prompts;
mod redirects;
mod renewals;
mod roles;
mod second_factor;
mod secrets;
mod security_keys;

mod tabs;
mod tongues;
mod walk;
mod worksection;
mod worksection_refusals;
