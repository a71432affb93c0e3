//! Delivers what is in the outbox: at once when something was put there, else when it is due again. Nobody who asks for a page
//! waits for it.
//!
//! A letter is deleted after the mail server took it. Whoever pulls the plug in between has it sent twice, under the same
//! message id; none is lost.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Engine;
use crate::engine::outbox::{DueLetter, Undelivered};
use crate::http::csrf;
use crate::mail::message::Envelope;
use crate::mail::{Failure, Line, Message, Patience, Sender, Stage, Words};
use crate::model::mail::MailServer;
use crate::store::Fault;

/// How many letters are taken at once.
const AT_ONCE: usize = 50;
/// How long at the most until the outbox is looked at again.
const LOOK: Duration = Duration::from_secs(60);

/// Delivers letters until it is stopped.
pub(super) async fn deliver(engine: Arc<Engine>) {
    loop {
        let wait = match round(&engine).await {
            Ok(wait) => wait.min(LOOK),
            Err(fault) => {
                tracing::error!(%fault, "letters were not delivered");
                LOOK
            }
        };
        // Whichever comes first: a new letter, or the moment an old one is due again.
        let _ = tokio::time::timeout(wait, engine.letter_posted()).await;
    }
}

/// Delivers what is due; says how long nothing will be. Without a mail server nothing is lost: letters wait.
///
/// # Errors
/// The store's fault.
pub async fn round(engine: &Engine) -> Result<Duration, Fault> {
    loop {
        let Some(server) = engine.mail_server().await? else { return Ok(LOOK) };
        let due = engine.due_letters(AT_ONCE).await?;
        if due.letters.is_empty() {
            let now = engine.now();
            return Ok(due.next_at.map_or(LOOK, |next| next.since(now).max(Duration::from_secs(1))));
        }
        let origin = csrf::origin_of(&engine.identity().issuer).unwrap_or_default();
        let sender = Sender::new(&engine.settings().await?.name, &origin);
        let mut carrier = Carrier { server: &server, sender: &sender, line: None, unreachable: None };
        for letter in &due.letters {
            settle(engine, letter, carrier.carry(letter).await).await?;
        }
        carrier.close().await;
    }
}

/// Writes down what became of a letter.
async fn settle(engine: &Engine, letter: &DueLetter, carried: Result<(), Undelivered>) -> Result<(), Fault> {
    let noted = match carried {
        Ok(()) => engine.letter_delivered(&letter.id).await,
        Err(why) => {
            tracing::warn!(letter = %letter.id, kind = letter.letter.kind(), reason = why.said, "a letter was not delivered");
            engine.letter_refused(&letter.id, &why).await
        }
    };
    noted.map_err(|denied| match denied {
        crate::engine::Denied::Unavailable(fault) => fault,
        other => Fault::new(format_args!("a letter's fate was not written down: {other:?}")),
    })
}

/// Carries letters over one connection, as long as it lasts.
struct Carrier<'a> {
    server: &'a MailServer,
    sender: &'a Sender,
    line: Option<Line>,
    /// Why the server cannot be reached: no letter of this round waits for it again.
    unreachable: Option<Undelivered>,
}

impl Carrier<'_> {
    async fn carry(&mut self, letter: &DueLetter) -> Result<(), Undelivered> {
        let words = Words::of(&letter.letter, &letter.name, self.sender);
        let id = letter.id.as_str();
        let envelope = Envelope { from: &self.server.from, to: &letter.to, id, at: letter.written_at };
        let for_good = |said| Undelivered { said, for_good: true };
        let message = Message::write(&envelope, self.sender, &words).map_err(for_good)?;
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.open().await?,
        };
        let carried = line.carry(&message, &mut Vec::new()).await.map_err(refused);
        self.line = Some(line).filter(|line| !line.is_broken());
        carried
    }

    async fn open(&mut self) -> Result<Line, Undelivered> {
        if let Some(why) = &self.unreachable {
            return Err(why.clone());
        }
        let opened = Line::open(self.server, self.sender, Patience::DELIVERY, &mut Vec::new()).await.map_err(refused);
        self.unreachable = opened.as_ref().err().cloned();
        opened
    }

    async fn close(self) {
        if let Some(line) = self.line {
            line.close().await;
        }
    }
}

/// Only what is wrong with the letter itself is so for good: a password or a sender that is refused can be mended.
fn refused(failure: Failure) -> Undelivered {
    let for_good = failure.permanent && failure.stage >= Stage::Recipient;
    Undelivered { said: failure.said, for_good }
}
