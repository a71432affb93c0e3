//! A connection to a mail server (RFC 5321) that knows how far it came.
//!
//! Protection is never a matter of luck: with STARTTLS nothing but the wish for it is said before (RFC 3207), a server that
//! does not offer it is left; without any, only a server on this very machine is spoken to, whatever its name leads to.

use std::io;
use std::net::SocketAddr;

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
use super::patience::Patience;
use super::stage::{Failure, Stage, came_before_tls};
use super::words::Words;

/// An open connection to a mail server that knows who we are.
pub struct Line {
    server: MailServer,
    connection: AsyncSmtpConnection,
    patience: Patience,
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

/// Sends a test from `server` to the address `to` and says how far it came, in the time that `patience` gives.
pub async fn try_out(
    server: &MailServer,
    patience: Patience,
    sender: &Sender,
    to: &str,
    id: &str,
    at: Timestamp,
) -> Trial {
    let mut trial = Trial::default();
    let envelope = Envelope { from: &server.from, to, id, at };
    let sent = async {
        let message = Message::write(&envelope, sender, &Words::test(sender));
        let message = message.map_err(|said| Failure::new(Stage::Recipient, said, "Check both addresses."))?;
        let mut line = Line::open(server, sender, patience, &mut trial.passed).await?;
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
    pub async fn open(
        server: &MailServer,
        sender: &Sender,
        patience: Patience,
        passed: &mut Vec<Stage>,
    ) -> Result<Line, Failure> {
        let addresses = look_up(server, patience).await?;
        passed.push(Stage::Name);
        let hello = hello(sender);
        let connection = match server.security {
            SmtpSecurity::Tls => tls(server, &addresses, &hello, patience, passed).await?,
            SmtpSecurity::Starttls | SmtpSecurity::None => {
                let stream = connect(server, &addresses, patience).await?;
                passed.push(Stage::Connection);
                greeted(server, stream, &hello, patience).await?
            }
        };
        passed.push(Stage::Greeting);
        let mut line = Line { server: server.clone(), connection, patience, broken: false };
        if server.security == SmtpSecurity::Starttls {
            line.starttls(&hello).await?;
            passed.push(Stage::Tls);
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
            let again = self.patience.step(self.connection.command(Rset)).await;
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
        let taken = self.patience.thinking(self.connection.message(&message.bytes)).await;
        let answered = matches!(&taken, Ok(Ok(_))) || matches!(&taken, Ok(Err(error)) if error.status().is_some());
        self.heard(Stage::Message, taken).map_err(|failure| if answered { failure } else { failure.in_doubt() })?;
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
            let _ = self.patience.farewell(self.connection.quit()).await;
        }
    }

    async fn starttls(&mut self, hello: &ClientId) -> Result<(), Failure> {
        let parameters = parameters(&self.server)?;
        let begun = self.patience.step(self.connection.starttls(parameters, hello)).await;
        self.heard(Stage::Tls, begun)
    }

    async fn sign_in(&mut self) -> Result<(), Failure> {
        let password = self.server.password.as_ref().map_or("", |password| password.expose());
        let credentials = Credentials::new(self.server.username.clone(), password.to_owned());
        let ways = [Mechanism::Plain, Mechanism::Login];
        let signed_in = self.patience.step(self.connection.auth(&ways, &credentials)).await;
        self.heard(Stage::SignIn, signed_in.map(|answer| answer.map(drop)))
    }

    async fn says(&mut self, stage: Stage, command: impl std::fmt::Display) -> Result<(), Failure> {
        let answer = self.patience.step(self.connection.command(command)).await;
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
async fn look_up(server: &MailServer, patience: Patience) -> Result<Vec<SocketAddr>, Failure> {
    let hint = "Check the spelling of the host.";
    let found = match patience.step(lookup_host((server.host.as_str(), server.port))).await {
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

async fn connect(server: &MailServer, addresses: &[SocketAddr], patience: Patience) -> Result<TcpStream, Failure> {
    let mut why = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match timeout(patience.connecting(addresses.len()), TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => why = error,
            Err(_) => why = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(Failure::of_connecting(&why, server))
}

async fn greeted(
    server: &MailServer,
    stream: TcpStream,
    hello: &ClientId,
    patience: Patience,
) -> Result<AsyncSmtpConnection, Failure> {
    match patience.step(AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Failure::of(Stage::Greeting, &error, server)),
        Err(_) => Err(Failure::too_slow(Stage::Greeting, server)),
    }
}

/// Connects, and protects the connection before anything is said.
async fn tls(
    server: &MailServer,
    addresses: &[SocketAddr],
    hello: &ClientId,
    patience: Patience,
    passed: &mut Vec<Stage>,
) -> Result<AsyncSmtpConnection, Failure> {
    let parameters = parameters(server)?;
    let connecting = Some(patience.connecting(addresses.len()));
    let opening = AsyncSmtpConnection::connect_tokio1(addresses, connecting, hello, Some(parameters), None);
    let opened = patience.step(opening).await;
    if let Ok(Err(error)) = &opened
        && let Some(error) = came_before_tls(error)
    {
        return Err(Failure::of_connecting(error, server));
    }
    // Connecting ends long before a step does: whatever else took too long came after it.
    passed.push(Stage::Connection);
    match opened {
        Ok(Ok(connection)) => {
            passed.push(Stage::Tls);
            Ok(connection)
        }
        // Words of a mail server can only have been heard behind TLS.
        Ok(Err(error)) if error.status().is_some() || error.is_response() => {
            passed.push(Stage::Tls);
            Err(Failure::of(Stage::Greeting, &error, server))
        }
        Ok(Err(error)) => Err(Failure::of(Stage::Tls, &error, server)),
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
