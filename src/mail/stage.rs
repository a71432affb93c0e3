//! The stages of the way to a mail server, and a hint for each that fails.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use lettre::transport::smtp::Error;
use tokio_rustls::rustls::{self, CertificateError};

use crate::model::mail::MailServer;
use crate::model::settings::SmtpSecurity;

/// A stage of the way to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its name is looked up.
    Name,
    /// It is connected to.
    Connection,
    /// It greets, as mail servers do.
    Greeting,
    /// The connection is protected.
    Tls,
    /// We say who we are.
    SignIn,
    /// It accepts the address letters come from.
    Sender,
    /// It accepts the address the letter goes to.
    Recipient,
    /// It takes the letter.
    Message,
}

impl Stage {
    /// Those that letters pass at `server`, in the order in which they do.
    pub fn at(server: &MailServer) -> Vec<Stage> {
        let mut way = vec![Stage::Name, Stage::Connection];
        way.extend_from_slice(match server.security {
            SmtpSecurity::Tls => &[Stage::Tls, Stage::Greeting],
            SmtpSecurity::Starttls => &[Stage::Greeting, Stage::Tls],
            SmtpSecurity::None => &[Stage::Greeting],
        });
        if !server.username.is_empty() {
            way.push(Stage::SignIn);
        }
        way.extend([Stage::Sender, Stage::Recipient, Stage::Message]);
        way
    }
}

/// The stage that was not passed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which one.
    pub stage: Stage,
    /// What the server said, or what kept us from hearing it.
    pub said: String,
    /// What to look at.
    pub hint: String,
    /// Whether the server said that it will not be otherwise (a code of 500 or more, RFC 5321, section 4.2.1).
    pub permanent: bool,
    /// Whether the letter was sent and nothing was heard of it: it may have been taken.
    pub in_doubt: bool,
}

impl Failure {
    /// A failure in our own words.
    pub fn new(stage: Stage, said: impl Into<String>, hint: impl Into<String>) -> Failure {
        Failure { stage, said: said.into(), hint: hint.into(), permanent: false, in_doubt: false }
    }

    /// Nothing came in time.
    pub fn too_slow(stage: Stage, server: &MailServer) -> Failure {
        let port = server.port;
        let hint = match (stage, server.security) {
            (Stage::Name, _) => "Whoever knows names for this machine did not answer. Check its DNS.".to_owned(),
            (Stage::Connection, _) => {
                "A firewall may be in the way. Many providers close port 25; try 587 or 465.".to_owned()
            }
            (Stage::Greeting, SmtpSecurity::Starttls | SmtpSecurity::None) => format!(
                "Something takes connections at port {port} and says nothing. It may wait for TLS: try TLS from the start, \
                 usually at port 465. Or is this the right port?"
            ),
            (Stage::Tls, SmtpSecurity::Tls) => format!(
                "Something takes connections at port {port} and does not begin TLS. Is this the right port? Mail servers take \
                 TLS from the start at 465, and STARTTLS at 587."
            ),
            _ => "The server answers too slowly, or something between it and here does not let the answer through."
                .to_owned(),
        };
        Failure::new(stage, "No answer came in time.", hint)
    }

    /// The same, where the letter was sent already.
    pub(super) fn in_doubt(self) -> Failure {
        let hint =
            "The letter was sent, and the server did not say whether it took it. It may have arrived: look for it.";
        Failure { hint: hint.to_owned(), in_doubt: true, ..self }
    }

    /// What the server or the network said at `stage`.
    pub fn of(stage: Stage, error: &Error, server: &MailServer) -> Failure {
        let hint = match error.status() {
            None if stage == Stage::Greeting && error.is_response() => {
                "Something answers at that port that is no mail server.".to_owned()
            }
            None => network_hint(stage, error, server),
            Some(code) if code.to_string() == "530" => unknown_hint(server),
            Some(_) => refusal_hint(stage, server),
        };
        Failure { stage, said: in_words(error), hint, permanent: error.is_permanent(), in_doubt: false }
    }

    /// What kept a connection from being opened.
    pub fn of_connecting(error: &io::Error, server: &MailServer) -> Failure {
        let hint = match error.kind() {
            ErrorKind::ConnectionRefused => {
                format!("Nothing listens at port {}. Mail servers take 587 for STARTTLS and 465 for TLS.", server.port)
            }
            ErrorKind::TimedOut => return Failure::too_slow(Stage::Connection, server),
            _ => "Check host and port, and whether this machine may connect there.".to_owned(),
        };
        Failure::new(Stage::Connection, capital(&error.to_string()), hint)
    }
}

/// Whether what kept a protected connection from being opened came before any protection.
pub(super) fn came_before_tls(error: &Error) -> Option<&io::Error> {
    let before = [
        ErrorKind::ConnectionRefused,
        ErrorKind::TimedOut,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::AddrNotAvailable,
        ErrorKind::PermissionDenied,
    ];
    io_error(error).filter(|error| before.contains(&error.kind()))
}

fn io_error(error: &Error) -> Option<&io::Error> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(found) = inner.downcast_ref::<io::Error>() {
            return Some(found);
        }
        source = inner.source();
    }
    None
}

fn tls_error(error: &Error) -> Option<&rustls::Error> {
    io_error(error)?.get_ref()?.downcast_ref()
}

/// 530: the server does not know who we are (RFC 4954, section 6), or wants protection first (RFC 3207, section 4).
fn unknown_hint(server: &MailServer) -> String {
    match (server.username.is_empty(), server.security) {
        (true, SmtpSecurity::None) => {
            "The server wants a user name and password before it takes letters. Give both, or choose STARTTLS if it says so."
        }
        (true, _) => "The server wants a user name and password before it takes letters. Give both.",
        (false, _) => "The server wants another user name and password before it takes letters. Check both.",
    }
    .to_owned()
}

fn refusal_hint(stage: Stage, server: &MailServer) -> String {
    match stage {
        Stage::Name | Stage::Connection | Stage::Greeting => "The server turns connections from here away.".to_owned(),
        Stage::Tls => "The server would not begin TLS. Try TLS from the start, usually at port 465.".to_owned(),
        Stage::SignIn => {
            "Check user name and password. Some providers want a password made for programs, or the whole address as name."
                .to_owned()
        }
        Stage::Sender => format!("The server does not let this account send as {}.", server.from),
        Stage::Recipient => "The server does not take letters for this address from here. Check it, and whether the server \
                             wants a user name before it passes letters on."
            .to_owned(),
        Stage::Message => "The server took the addresses and refused the letter itself.".to_owned(),
    }
}

fn network_hint(stage: Stage, error: &Error, server: &MailServer) -> String {
    let certificate = match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why),
        Some(rustls::Error::InvalidMessage(_)) => {
            return "The server does not speak TLS at once at this port. Try STARTTLS, usually at port 587.".to_owned();
        }
        _ => None,
    };
    match (stage, certificate) {
        (_, Some(CertificateError::UnknownIssuer)) => {
            "No authority that is known signed its certificate. Your own authority can be named in the operator’s file: ca_file."
                .to_owned()
        }
        (_, Some(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })) => {
            format!("Its certificate is not for {}. Write the host as the certificate has it.", server.host)
        }
        (_, Some(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            "Its certificate is too old. Whoever runs the server has to renew it.".to_owned()
        }
        (_, Some(_)) => "Its certificate cannot be trusted.".to_owned(),
        (Stage::Tls, None) if error.is_client() => {
            "The server offers no STARTTLS here. Try TLS from the start, usually at port 465.".to_owned()
        }
        (Stage::Tls, None) if server.security == SmtpSecurity::Tls => format!(
            "The connection ended before it was protected. Is port {} the right one? Mail servers take TLS from the start at \
             465, and STARTTLS at 587.",
            server.port
        ),
        (Stage::SignIn, None) if error.is_client() => {
            "The server takes no user name and password here. Leave both empty, or use another port.".to_owned()
        }
        _ => "The connection ended. Check host, port and security.".to_owned(),
    }
}

/// What went wrong, as far as the server or the network says it.
fn in_words(error: &Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let words = match tls_error(error) {
        Some(tls) => tls.to_string(),
        None => innermost.to_string(),
    };
    match error.status() {
        Some(code) => format!("{code} {words}"),
        None => capital(&words),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
