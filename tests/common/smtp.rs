//! A mail server on this machine that takes letters, or refuses them as it is told.

#![allow(dead_code)] // every test uses its own part of this

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use countersign::base::secret::Secret;
use countersign::model::mail::MailServer;
use countersign::model::settings::SmtpSecurity;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};

/// How long a test waits for a letter before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);
pub const USER: &str = "postmaster";
pub const PASSWORD: &str = "carrier pigeons at dawn";

/// A letter that was taken.
#[derive(Clone, Debug)]
pub struct Received {
    pub from: String,
    pub to: String,
    /// Whether it came over a protected connection.
    pub protected: bool,
    /// All of it, with LF line ends.
    pub message: String,
}

impl Received {
    /// A header's value, its folded lines joined.
    pub fn header(&self, name: &str) -> String {
        let head = self.message.split("\n\n").next().unwrap_or_default().replace("\n ", " ");
        let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim()).to_owned()
    }

    /// The plain part, soft line breaks undone.
    pub fn text(&self) -> String {
        let (_, part) = self.message.split_once("Content-Type: text/plain").expect("a plain part");
        let (head, body) = part.split_once("\n\n").expect("a body");
        let body = body.split("\n--").next().unwrap_or_default();
        match head.contains("quoted-printable") {
            true => body.replace("=\n", "").replace("=3D", "="),
            false => body.to_owned(),
        }
    }

    /// The path of the one-time link in it.
    pub fn link(&self) -> String {
        let text = self.text();
        let link = text.split_whitespace().find(|word| word.contains("?token=")).unwrap_or_else(|| panic!("{text}"));
        let after_scheme = link.find("://").expect("an address") + 3;
        let path = link[after_scheme..].find('/').expect("a path");
        link[after_scheme + path..].to_owned()
    }
}

/// How it behaves.
#[derive(Clone, Debug, Default)]
struct Manners {
    /// The next answers to a verb, one each time it comes.
    answers: Vec<(&'static str, &'static str)>,
    /// Whether it says nothing at all to whoever comes.
    mute: bool,
    /// Whether it keeps letters and says nothing.
    silent_after_data: bool,
}

#[derive(Default)]
struct State {
    manners: Mutex<Manners>,
    received: Mutex<Vec<Received>>,
    news: Condvar,
}

/// The mail server.
pub struct Postbox {
    pub address: SocketAddr,
    security: SmtpSecurity,
    authorities: Option<String>,
    state: Arc<State>,
}

impl Postbox {
    /// One that wants neither protection nor a password.
    pub fn open() -> Postbox {
        Postbox::with(SmtpSecurity::None)
    }

    /// One with this protection, and [`USER`] and [`PASSWORD`] where it is protected.
    pub fn with(security: SmtpSecurity) -> Postbox {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener of tokio's");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a key that fits");
        let (tls, state) = (TlsAcceptor::from(Arc::new(config)), Arc::new(State::default()));
        let serving = state.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((stream, _)) = listener.accept().await {
                    let (tls, state) = (tls.clone(), serving.clone());
                    tokio::spawn(async move {
                        match security {
                            SmtpSecurity::Tls => {
                                if let Ok(stream) = tls.accept(stream).await {
                                    let _ = talk(Box::new(stream), None, true, &state).await;
                                }
                            }
                            SmtpSecurity::Starttls => _ = talk(Box::new(stream), Some(tls), false, &state).await,
                            SmtpSecurity::None => _ = talk(Box::new(stream), None, false, &state).await,
                        }
                    });
                }
            });
        });
        Postbox { address, security, authorities: Some(made.cert.pem()), state }
    }

    /// What somebody has to know to use it.
    pub fn server(&self) -> MailServer {
        let protected = self.security != SmtpSecurity::None;
        MailServer {
            host: "localhost".to_owned(),
            port: self.address.port(),
            security: self.security,
            username: if protected { USER.to_owned() } else { String::new() },
            password: protected.then(|| Secret::new(PASSWORD)),
            from: "id@example.org".to_owned(),
            authorities: self.authorities.clone().filter(|_| protected),
        }
    }

    /// Answers `verb` so, the next time it comes.
    pub fn answers(&self, verb: &'static str, answer: &'static str) {
        self.state.manners.lock().unwrap().answers.push((verb, answer));
    }

    /// Says nothing at all to whoever comes from now on, or does again.
    pub fn keeps_silent(&self, mute: bool) {
        self.state.manners.lock().unwrap().mute = mute;
    }

    /// Keeps letters from now on without saying so, or says so again.
    pub fn keeps_letters_silently(&self, silent: bool) {
        self.state.manners.lock().unwrap().silent_after_data = silent;
    }

    /// The letters so far.
    pub fn letters(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// Blocks until there are so many letters.
    pub fn waits_for(&self, count: usize) -> Vec<Received> {
        let received = self.state.received.lock().unwrap();
        let enough = |received: &mut Vec<Received>| received.len() < count;
        let (received, waited) = self.state.news.wait_timeout_while(received, PATIENCE, enough).unwrap();
        assert!(!waited.timed_out(), "{count} letters did not come: {received:#?}");
        received.clone()
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One conversation.
async fn talk(
    stream: Box<dyn Stream>,
    tls: Option<TlsAcceptor>,
    protected: bool,
    state: &State,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if state.manners.lock().unwrap().mute {
        // Whoever came waits until they go.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
        return Ok(());
    }
    let (mut tls, mut protected) = (tls, protected);
    if !say(&mut stream, state, "CONNECT", "220 postbox ready").await? {
        return Ok(());
    }
    let (mut from, mut to, mut known) = (String::new(), String::new(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let more = match (tls.is_some(), protected) {
                    (true, _) => "250-STARTTLS\r\n",
                    (_, true) => "250-AUTH PLAIN LOGIN\r\n",
                    _ => "",
                };
                say(&mut stream, state, "EHLO", &format!("250-postbox\r\n{more}250 8BITMIME")).await?;
            }
            "STARTTLS" => {
                let Some(acceptor) = tls.take() else {
                    say(&mut stream, state, "STARTTLS", "502 not here").await?;
                    continue;
                };
                if say(&mut stream, state, "STARTTLS", "220 go ahead").await? {
                    stream = BufReader::new(Box::new(acceptor.accept(stream.into_inner()).await?));
                    protected = true;
                }
            }
            "AUTH" => {
                let sent = line.rsplit(' ').next().unwrap_or_default();
                let wanted = data_encoding::BASE64.encode(format!("\0{USER}\0{PASSWORD}").as_bytes());
                known = sent == wanted;
                let answer = if known { "235 welcome" } else { "535 5.7.8 wrong user name or password" };
                say(&mut stream, state, "AUTH", answer).await?;
            }
            "MAIL" if protected && !known => _ = say(&mut stream, state, "MAIL", "530 5.7.0 sign in first").await?,
            "MAIL" => {
                from = address_in(&line);
                say(&mut stream, state, "MAIL", "250 ok").await?;
            }
            "RCPT" => {
                to = address_in(&line);
                say(&mut stream, state, "RCPT", "250 ok").await?;
            }
            "DATA" => {
                if !say(&mut stream, state, "DATA", "354 go on").await? {
                    continue;
                }
                let mut message = String::new();
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await? == 0 {
                        return Ok(());
                    }
                    match line.trim_end_matches(['\r', '\n']) {
                        "." => break,
                        line => {
                            message += &format!(
                                "{}\n",
                                line.strip_prefix("..").map_or(line.to_owned(), |rest| format!(".{rest}"))
                            )
                        }
                    }
                }
                let refused = refusal(state, "MESSAGE");
                if refused.is_none() {
                    let (from, to) = (from.clone(), to.clone());
                    state.received.lock().unwrap().push(Received { from, to, protected, message });
                }
                if state.manners.lock().unwrap().silent_after_data {
                    state.news.notify_all();
                    continue;
                }
                stream.get_mut().write_all(format!("{}\r\n", refused.unwrap_or("250 taken")).as_bytes()).await?;
                state.news.notify_all();
            }
            "QUIT" => {
                say(&mut stream, state, "QUIT", "221 bye").await?;
                return Ok(());
            }
            _ => _ = say(&mut stream, state, "RSET", "250 ok").await?,
        }
    }
}

/// Answers `verb`; `false` when it was refused.
async fn say(stream: &mut BufReader<Box<dyn Stream>>, state: &State, verb: &str, usual: &str) -> std::io::Result<bool> {
    let refused = refusal(state, verb);
    let answer = refused.unwrap_or(usual);
    stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
    stream.get_mut().flush().await?;
    Ok(refused.is_none())
}

fn refusal(state: &State, verb: &str) -> Option<&'static str> {
    let answers = &mut state.manners.lock().unwrap().answers;
    let at = answers.iter().position(|(known, _)| *known == verb)?;
    Some(answers.remove(at).1)
}

fn address_in(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_owned()
}
