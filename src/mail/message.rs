//! A letter as a message: a plain and an HTML part, and headers that say what it is (RFC 5322).
//!
//! Nothing that somebody chose becomes a header by itself: text is put on one line, encoded where it is not plain (RFC
//! 2047), and an address is one or there is no message.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use crate::base::clock::Timestamp;

use super::words::{Html, Plain, Words, line};

/// Who letters come from, in words.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// What the deployment is called.
    pub product: String,
    /// Where its pages are: `https://id.example.org`.
    pub origin: String,
    /// The host of that.
    pub host: String,
}

impl Sender {
    /// The deployment called `product` whose pages are at `origin`.
    pub fn new(product: &str, origin: &str) -> Sender {
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        Sender { product: product.to_owned(), origin: origin.to_owned(), host: host.to_owned() }
    }
}

/// A message on its way; it holds what only its reader may know and cannot be printed.
#[derive(Clone)]
pub struct Message {
    /// The address it comes from.
    pub from: Address,
    /// The address it goes to, its host as the network writes it.
    pub to: Address,
    /// All of it, with CRLF line ends.
    pub bytes: Vec<u8>,
}

/// Where a message goes, and what identifies it.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The address it comes from.
    pub from: &'a str,
    /// The address it goes to.
    pub to: &'a str,
    /// Its id: the same however often it is sent.
    pub id: &'a str,
    /// When it was written.
    pub at: Timestamp,
}

impl Message {
    /// The message with these words.
    ///
    /// # Errors
    /// Which address is none.
    pub fn write(envelope: &Envelope<'_>, sender: &Sender, words: &Words) -> Result<Message, String> {
        let (from, to) = (address(envelope.from)?, address(envelope.to)?);
        // Rendering writes to a string and can only fail if a view's own `Display` does; none of these can.
        let plain = Plain { words }.render().map_err(|error| error.to_string())?;
        let html = Html { words }.render().map_err(|error| error.to_string())?;
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(envelope.at.0).unwrap_or(0));
        let name = Some(words.name.clone()).filter(|name| !name.is_empty());
        let host = sender.host.split(':').next().filter(|host| !host.is_empty()).unwrap_or("localhost");
        let message = lettre::Message::builder()
            .from(Mailbox::new(Some(words.product.clone()), from.clone()))
            .to(Mailbox::new(name, to.clone()))
            .subject(line(&words.subject))
            .date(at)
            .message_id(Some(format!("<{}@{host}>", envelope.id)))
            .raw_header(raw("Auto-Submitted", "auto-generated"))
            .raw_header(raw("X-Auto-Response-Suppress", "All"))
            .multipart(MultiPart::alternative_plain_html(plain, html));
        let message = message.map_err(|error| error.to_string())?;
        Ok(Message { from, to, bytes: message.formatted() })
    }
}

/// RFC 3834, section 5: nobody's absence notice answers a program.
fn raw(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// An address whose host is written as the network knows it (RFC 5890).
fn address(text: &str) -> Result<Address, String> {
    let wrong = || format!("{text:?} is no address that mail can be sent to");
    let (local, host) = text.rsplit_once('@').ok_or_else(wrong)?;
    let host = idna::domain_to_ascii(host).map_err(|_| wrong())?;
    Address::from_str(&format!("{local}@{host}")).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mail::Letter;

    fn sender() -> Sender {
        Sender::new("Example ID", "https://id.example.org")
    }

    fn written(name: &str, product: &str, to: &str) -> Result<String, String> {
        let letter = Letter::NewDevice { device: "Firefox".to_owned(), address: "x".to_owned(), at: Timestamp(0) };
        let words = Words::of(&letter, name, &Sender::new(product, "https://id.example.org"));
        let envelope = Envelope { from: "id@example.org", to, id: "0letter", at: Timestamp(1_800_000_000) };
        let message = Message::write(&envelope, &sender(), &words)?;
        Ok(String::from_utf8(message.bytes).unwrap())
    }

    fn headers(message: &str) -> Vec<&str> {
        let head = message.split("\r\n\r\n").next().unwrap();
        head.split("\r\n").filter(|line| !line.starts_with(' ')).map(|line| line.split(':').next().unwrap()).collect()
    }

    #[test]
    fn a_message_says_what_it_is() {
        let message = written("Sam Ple", "Example ID", "sam@example.org").unwrap();
        for header in [
            "From: \"Example ID\" <id@example.org>",
            "To: \"Sam Ple\" <sam@example.org>",
            "Subject: New sign-in to Example ID",
            "Message-ID: <0letter@id.example.org>",
            "Auto-Submitted: auto-generated",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "MIME-Version: 1.0",
        ] {
            assert!(message.contains(&format!("{header}\r\n")), "{header}: {message}");
        }
        assert!(message.contains("text/plain") && message.contains("text/html"));
        assert!(message.is_ascii());
    }

    #[test]
    fn nothing_that_somebody_chose_becomes_a_header() {
        let calm = headers(&written("Sam", "Example ID", "sam@example.org").unwrap()).len();
        for hostile in [
            "x\r\nBcc: mallory@example.org",
            "x\nBcc: mallory@example.org",
            "x\r\n\r\nanother body",
            "\"<mallory@example.org>,",
            "Zoë\u{2028}Bcc: mallory@example.org",
            &"ü".repeat(400),
        ] {
            let message = written(hostile, hostile, "sam@example.org").unwrap();
            let found = headers(&message);
            assert_eq!(found.len(), calm, "{message}");
            assert!(!found.contains(&"Bcc"), "{message}");
        }
        for wrong in
            ["sam", "sam@", "sam@example.org\r\nBcc: x@example.org", "a b@example.org", "<sam@example.org>", ""]
        {
            assert!(written("Sam", "Example ID", wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_host_is_written_as_the_network_knows_it() {
        assert_eq!(address("sam@bücher.example").unwrap().to_string(), "sam@xn--bcher-kva.example");
    }
}
