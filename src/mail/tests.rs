//! Tries of servers that are slow, or fall silent in the middle.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::*;
use crate::base::clock::Timestamp;
use crate::model::mail::MailServer;
use crate::model::settings::SmtpSecurity;

/// What a server does at a verb.
#[derive(Clone, Copy)]
enum Does {
    /// Answers after so many milliseconds.
    Answers(u64),
    /// Takes what it is told, and says nothing more.
    Falls,
    /// Refuses with these words.
    Says(&'static str),
}

/// A mail server for one conversation that does something of its own at `verb`, and answers at once else.
async fn server(verb: &'static str, does: Does) -> MailServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let _ = talk(BufReader::new(stream), verb, does).await;
    });
    MailServer {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::None,
        username: String::new(),
        password: None,
        from: "id@example.org".to_owned(),
        authorities: None,
    }
}

async fn talk(mut stream: BufReader<TcpStream>, at: &str, does: Does) -> std::io::Result<()> {
    let (mut verb, mut letter) = ("CONNECT".to_owned(), false);
    loop {
        let usual = match verb.as_str() {
            "CONNECT" => "220 ready",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let answer = match does {
            Does::Falls if at == verb => return std::future::pending().await,
            Does::Says(words) if at == verb => words,
            Does::Answers(pause) if at == verb || at == "EVERY" => {
                sleep(Duration::from_millis(pause)).await;
                usual
            }
            _ => usual,
        };
        stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
        letter = verb == "DATA" || letter;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if !letter || line == ".\r\n" {
                break;
            }
        }
        letter = false;
        verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase();
    }
}

/// How far a try of `server` came within `all`, and a little for the machine to be busy.
async fn tried(server: &MailServer, all: Duration) -> Trial {
    let sender = Sender::new("Example ID", "https://id.example.org");
    let trial = try_out(server, Patience::within(all), &sender, "ada@example.org", "test-1", Timestamp(1_795_269_720));
    tokio::time::timeout(all * 3 / 2, trial).await.expect("a try ends in time")
}

/// How long servers that say nothing are waited for: long enough for a machine that is busy with something else.
const SHORT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn wherever_a_server_falls_silent_the_stage_is_known_in_time() {
    let stages = [
        ("CONNECT", Stage::Greeting, "TLS from the start"),
        ("EHLO", Stage::Greeting, "TLS from the start"),
        ("MAIL", Stage::Sender, "too slowly"),
        ("RCPT", Stage::Recipient, "too slowly"),
        ("DATA", Stage::Message, "too slowly"),
    ];
    let tries = stages.map(|(verb, stage, hint)| async move {
        let failure = tried(&server(verb, Does::Falls).await, SHORT).await.failure.unwrap();
        assert_eq!(failure.stage, stage, "{verb}");
        assert!(failure.hint.contains(hint) && !failure.in_doubt, "{verb}: {failure:?}");
    });
    futures_util::future::join_all(tries).await;
}

#[tokio::test]
async fn a_silent_port_is_not_taken_for_a_protected_one() {
    let silent = MailServer { security: SmtpSecurity::Tls, ..server("CONNECT", Does::Falls).await };
    let trial = tried(&silent, SHORT).await;
    let failure = trial.failure.unwrap();
    assert_eq!((failure.stage, trial.passed), (Stage::Tls, vec![Stage::Name, Stage::Connection]));
    assert!(failure.hint.contains("Is this the right port?"), "{failure:?}");
}

#[tokio::test]
async fn a_slow_server_that_works_is_waited_for() {
    let (slow, thoughtful) = (server("EVERY", Does::Answers(200)).await, server(".", Does::Answers(2_000)).await);
    let (slow, thoughtful) = tokio::join!(tried(&slow, SHORT), tried(&thoughtful, SHORT));
    assert_eq!(slow.failure, None);
    assert_eq!(thoughtful.failure, None, "thinking about the letter may take what is left");
}

#[tokio::test]
async fn a_letter_is_in_doubt_only_after_it_was_sent() {
    let slow = tried(&server("EVERY", Does::Answers(900)).await, SHORT).await;
    let failure = slow.failure.unwrap();
    assert!(!failure.in_doubt && !slow.passed.contains(&Stage::Recipient), "{failure:?}");
    let failure = tried(&server(".", Does::Falls).await, SHORT).await.failure.unwrap();
    assert!(failure.in_doubt && failure.hint.contains("may have arrived"), "{failure:?}");
    let refused = tried(&server(".", Does::Says("554 5.6.0 looks odd")).await, SHORT).await;
    assert!(!refused.failure.unwrap().in_doubt, "an answer is no doubt");
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_we_are_is_understood() {
    let wants = server("MAIL", Does::Says("530 5.7.0 Authentication required")).await;
    let failure = tried(&wants, SHORT).await.failure.unwrap();
    assert_eq!(failure.stage, Stage::Sender);
    assert!(failure.hint.contains("wants a user name and password"), "{failure:?}");
}

#[test]
fn stages_come_in_the_order_of_the_way() {
    let way = |security| {
        let server = MailServer {
            host: "mail.example.org".to_owned(),
            port: 465,
            security,
            username: "id".to_owned(),
            password: None,
            from: "id@example.org".to_owned(),
            authorities: None,
        };
        Stage::at(&server)[1..=3].to_vec()
    };
    assert_eq!(way(SmtpSecurity::Tls), [Stage::Connection, Stage::Tls, Stage::Greeting]);
    assert_eq!(way(SmtpSecurity::Starttls), [Stage::Connection, Stage::Greeting, Stage::Tls]);
    assert_eq!(way(SmtpSecurity::None), [Stage::Connection, Stage::Greeting, Stage::SignIn]);
}
