//! The ways in by a one-time link: `/setup` for the first administrator, `/recover` for everyone.

use askama::Template;

use crate::http::page::{Frame, Problems};
use crate::http::when::Reference;

/// The sentence under a field for a new password.
pub fn password_hint(min_length: usize) -> String {
    format!("At least {min_length} characters. A few unrelated words are easy to keep and hard to guess.")
}

/// `GET /setup?token=…`, and `POST /setup` when something is missing. Fields: token, name, username, email, password.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/setup.html")]
pub struct Setup {
    /// What every page is told.
    pub frame: Frame,
    /// The one-time token from the link.
    pub token: String,
    /// The server's name as typed so far.
    pub name: String,
    /// The username as typed so far.
    pub username: String,
    /// The email address as typed so far.
    pub email: String,
    /// See [`password_hint`].
    pub password_hint: String,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// `GET /recover?token=…`, and `POST /recover` when the password will not do. Fields: token, password.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/recover.html")]
pub struct Recover {
    /// What every page is told.
    pub frame: Frame,
    /// The one-time token from the link.
    pub token: String,
    /// For whom: the display name.
    pub person_name: String,
    /// For whom: the username, so that password managers file the new password under it.
    pub username: String,
    /// Whether their authenticator, passkeys and recovery codes go with it.
    pub without_second_factor: bool,
    /// See [`password_hint`].
    pub password_hint: String,
    /// What is wrong with the password.
    pub problems: Problems,
}

/// A one-time link that leads nowhere any more. Status 410.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/link_closed.html")]
pub struct LinkClosed {
    /// What every page is told.
    pub frame: Frame,
    /// What happened.
    pub headline: String,
    /// Why, and what to do.
    pub explanation: String,
    /// What the command below is for; empty when there is none.
    pub command_lead: String,
    /// A command that helps whoever runs the server.
    pub command: String,
    /// What the link onward says; it leads to `/`.
    pub onward: String,
    /// Where the log has it.
    pub about: Reference,
}

impl LinkClosed {
    /// `/setup` after the first administrator was made: closed for ever.
    pub fn setup_done(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This server is set up".into(),
            explanation: "Set-up happens once, and it has happened. Administrators sign in like everyone else.".into(),
            command_lead: "Locked out of the only administrator’s account? On the server’s machine, run".into(),
            command: "countersign user recover NAME".into(),
            onward: "Sign in".into(),
            about,
        }
    }

    /// `/setup` without the token that was printed, on a server that is not set up.
    pub fn setup_token_wrong(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This is not the set-up link".into(),
            explanation: "The server printed a link with a one-time token when it started. Open exactly that one; \
                          after a restart only the newest counts."
                .into(),
            onward: "To the start".into(),
            about,
            ..LinkClosed::default()
        }
    }

    /// `/invitation` with a token that was used, revoked, replaced, or has expired.
    pub fn invitation_gone(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This invitation opens nothing any more".into(),
            explanation:
                "It was used, taken back, replaced by a newer one, or has expired. If you used it yourself, sign \
                          in. Otherwise ask whoever invited you for another."
                    .into(),
            onward: "Sign in".into(),
            about,
            ..LinkClosed::default()
        }
    }

    /// `/register/confirm` with a token that was used, or has expired.
    pub fn registration_gone(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This link has been used or has expired".into(),
            explanation:
                "Each link works once and for a day. If you made your account with it, sign in. Otherwise ask \
                          for another where you asked for this one."
                    .into(),
            onward: "Sign in".into(),
            about,
            ..LinkClosed::default()
        }
    }

    /// `/register`, and links that lead to an account, where nobody may make one by themselves.
    pub fn registration_closed(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "Nobody can make an account here now".into(),
            explanation: "Accounts are made by those who administer this server. Ask one of them.".into(),
            onward: "Sign in".into(),
            about,
            ..LinkClosed::default()
        }
    }

    /// `/verify` with a token that was used, replaced, or has expired.
    pub fn address_gone(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This link has been used or has expired".into(),
            explanation: "Each link works once, for a day, and only until another is asked for. Ask for a new one at \
                          your account, under Email address."
                .into(),
            onward: "To the start".into(),
            about,
            ..LinkClosed::default()
        }
    }

    /// `/verify` for an address that somebody else has by now.
    pub fn address_taken(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This address belongs to another account".into(),
            explanation: "Two accounts cannot have one address. Nothing was changed.".into(),
            onward: "To the start".into(),
            about,
            ..LinkClosed::default()
        }
    }

    /// `/recover` with a token that was used, replaced, or has expired.
    pub fn recovery_gone(frame: Frame, about: Reference) -> LinkClosed {
        LinkClosed {
            frame,
            headline: "This link has been used or has expired".into(),
            explanation: "Each link works once and only for a while. Ask whoever gave it to you for a new one.".into(),
            command_lead: "You administer this server: make one in the console, or run".into(),
            command: "countersign user recover NAME".into(),
            onward: "Sign in".into(),
            about,
        }
    }
}
