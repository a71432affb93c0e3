//! A connection to a mail server (RFC 5321) that knows how far it came.
//!
//! Protection is never a matter of luck: with STARTTLS nothing but the wish for it is said before (RFC 3207), a server that
//! does not offer it is left; without any, only a server on this very machine is spoken to, whatever its name leads to.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::base::clock::Timestamp;
use crate::model::mail::MailServer;
use crate::model::settings::SmtpSecurity;

use super::message::{Envelope, Message, Sender};
use super::stage::{Failure, Stage, came_before_tls};
use super::words::Words;

/// How long each step may take; taking a letter may take longer (RFC 5321, section 4.5.3.2).
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one address may take to be connected to.
const CONNECTING: Duration = Duration::from_secs(10);
/// How long a server may take to think about a letter.
const THINKING: Duration = Duration::from_secs(120);

/// An open connection to a mail server that knows who we are.
pub struct Line {
    server: MailServer,
    connection: AsyncSmtpConnection,
    broken: bool,
}

/// How far a try came.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// The stages that were passed, in order.
    pub passed: Vec<Stage>,
    /// The one that was not.
    pub failure: Option<Failure>,
}

/// Sends a test from `server` to the address `to` and says how far it came.
pub async fn try_out(server: &MailServer, sender: &Sender, to: &str, id: &str, at: Timestamp) -> Trial {
    let mut trial = Trial::default();
    let envelope = Envelope { from: &server.from, to, id, at };
    let sent = async {
        let message = Message::write(&envelope, sender, &Words::test(sender));
        let message = message.map_err(|said| Failure::new(Stage::Recipient, said, "Check both addresses."))?;
        let mut line = Line::open(server, sender, &mut trial.passed).await?;
        let carried = line.carry(&message, &mut trial.passed).await;
        line.close().await;
        carried
    };
    trial.failure = sent.await.err();
    trial
}

impl Line {
    /// Connects to `server` and signs in; notes each stage that is `passed`.
    ///
    /// # Errors
    /// The stage that was not.
    pub async fn open(server: &MailServer, sender: &Sender, passed: &mut Vec<Stage>) -> Result<Line, Failure> {
        let addresses = look_up(server).await?;
        passed.push(Stage::Name);
        let hello = hello(sender);
        let connection = match server.security {
            SmtpSecurity::Tls => tls(server, &addresses, &hello).await?,
            SmtpSecurity::Starttls | SmtpSecurity::None => plain(server, &addresses, &hello).await?,
        };
        passed.push(Stage::Connection);
        let mut line = Line { server: server.clone(), connection, broken: false };
        match server.security {
            SmtpSecurity::Tls => passed.push(Stage::Tls),
            SmtpSecurity::Starttls => {
                line.starttls(&hello).await?;
                passed.push(Stage::Tls);
            }
            SmtpSecurity::None => {}
        }
        if !server.username.is_empty() {
            line.sign_in().await?;
            passed.push(Stage::SignIn);
        }
        Ok(line)
    }

    /// Hands a message over; notes each stage that is `passed`.
    ///
    /// # Errors
    /// The stage that was not. The line can carry other messages unless it [`Line::is_broken`].
    pub async fn carry(&mut self, message: &Message, passed: &mut Vec<Stage>) -> Result<(), Failure> {
        let carried = self.try_to_carry(message, passed).await;
        if carried.is_err() && !self.broken {
            let again = timeout(PATIENCE, self.connection.command(Rset)).await;
            self.broken = !matches!(again, Ok(Ok(_)));
        }
        carried
    }

    async fn try_to_carry(&mut self, message: &Message, passed: &mut Vec<Stage>) -> Result<(), Failure> {
        let addresses: [&str; 2] = [message.from.as_ref(), message.to.as_ref()];
        let beyond_ascii = !addresses.iter().all(|address| address.is_ascii());
        let mut how = Vec::new();
        if beyond_ascii {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let said = "The server takes only addresses of plain letters (RFC 6531 is not offered).";
                let failure = Failure::new(Stage::Recipient, said, "Use an address without accents before its @.");
                return Err(Failure { permanent: true, ..failure });
            }
            how.push(MailParameter::SmtpUtfEight);
        }
        self.says(Stage::Sender, Mail::new(Some(message.from.clone()), how)).await?;
        passed.push(Stage::Sender);
        self.says(Stage::Recipient, Rcpt::new(message.to.clone(), vec![])).await?;
        passed.push(Stage::Recipient);
        self.says(Stage::Message, Data).await?;
        let taken = timeout(THINKING, self.connection.message(&message.bytes)).await;
        self.heard(Stage::Message, taken)?;
        passed.push(Stage::Message);
        Ok(())
    }

    /// Whether nothing more can be said on it.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Says good-bye.
    pub async fn close(mut self) {
        if !self.broken {
            // Whatever is answered, everything was said.
            let _ = timeout(CONNECTING, self.connection.quit()).await;
        }
    }

    async fn starttls(&mut self, hello: &ClientId) -> Result<(), Failure> {
        let parameters = parameters(&self.server)?;
        let begun = timeout(PATIENCE, self.connection.starttls(parameters, hello)).await;
        self.heard(Stage::Tls, begun)
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let password = self.server.password.as_ref().map_or("", |password| password.expose());
        let credentials = Credentials::new(self.server.username.clone(), password.to_owned());
        let signed_in =
            timeout(PATIENCE, self.connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)).await;
        self.heard(Stage::SignIn, signed_in.map(|answer| answer.map(drop)))
    }

    async fn says(&mut self, stage: Stage, command: impl std::fmt::Display) -> Result<(), Failure> {
        let answer = timeout(PATIENCE, self.connection.command(command)).await;
        self.heard(stage, answer)
    }

    fn heard<T>(
        &mut self,
        stage: Stage,
        answer: Result<Result<T, Error>, tokio::time::error::Elapsed>,
    ) -> Result<(), Failure> {
        let failure = match answer {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => {
                // 421 says that the server closes the connection (RFC 5321, section 3.8).
                self.broken |= error.status().is_none_or(|code| code.to_string() == "421");
                Failure::of(stage, &error, &self.server)
            }
            Err(_) => {
                self.broken = true;
                Failure::too_slow(stage, &self.server)
            }
        };
        Err(failure)
    }
}

/// Where the server is. Without protection it has to be this machine.
async fn look_up(server: &MailServer) -> Result<Vec<SocketAddr>, Failure> {
    let hint = "Check the spelling of the host.";
    let found = match timeout(PATIENCE, lookup_host((server.host.as_str(), server.port))).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        Ok(Err(error)) => return Err(Failure::new(Stage::Name, error.to_string(), hint)),
        Err(_) => return Err(Failure::too_slow(Stage::Name, server)),
    };
    if found.is_empty() {
        return Err(Failure::new(Stage::Name, "The name has no address.", hint));
    }
    if server.security == SmtpSecurity::None && !found.iter().all(|address| address.ip().is_loopback()) {
        let said = format!("{} is not this machine.", server.host);
        return Err(Failure::new(Stage::Name, said, "Letters go to other machines only over TLS or STARTTLS."));
    }
    Ok(found)
}

async fn plain(
    server: &MailServer,
    addresses: &[SocketAddr],
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, Failure> {
    let mut why = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        let stream = match timeout(CONNECTING, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                why = error;
                continue;
            }
            Err(_) => {
                why = io::ErrorKind::TimedOut.into();
                continue;
            }
        };
        let greeted = timeout(PATIENCE, AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello)).await;
        return match greeted {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(Failure::of(Stage::Connection, &error, server)),
            Err(_) => Err(Failure::too_slow(Stage::Connection, server)),
        };
    }
    Err(Failure::of_connecting(&why, server))
}

async fn tls(server: &MailServer, addresses: &[SocketAddr], hello: &ClientId) -> Result<AsyncSmtpConnection, Failure> {
    let parameters = parameters(server)?;
    let opening = AsyncSmtpConnection::connect_tokio1(addresses, Some(CONNECTING), hello, Some(parameters), None);
    match timeout(PATIENCE, opening).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(match came_before_tls(&error) {
            Some(error) => Failure::of_connecting(error, server),
            // A code can only have been heard behind TLS.
            None if error.status().is_some() => Failure::of(Stage::Connection, &error, server),
            None => Failure::of(Stage::Tls, &error, server),
        }),
        Err(_) => Err(Failure::too_slow(Stage::Tls, server)),
    }
}

fn parameters(server: &MailServer) -> Result<TlsParameters, Failure> {
    let wrong = |error: Error| Failure::new(Stage::Tls, error.to_string(), "Check the authorities in ca_file.");
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(authorities) = &server.authorities {
        builder = builder.add_root_certificate(Certificate::from_pem(authorities.as_bytes()).map_err(wrong)?);
    }
    builder.build().map_err(wrong)
}

/// Who we say we are: the deployment's host, if it is a name that others could know.
fn hello(sender: &Sender) -> ClientId {
    let host = sender.host.split(':').next().unwrap_or_default();
    let known = host.contains('.') && host.bytes().any(|b| b.is_ascii_alphabetic());
    if known { ClientId::Domain(host.to_owned()) } else { ClientId::default() }
}
