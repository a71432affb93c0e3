//! Letters: their words, their shape, and the way to a mail server.
//!
//! [`words`] says what each letter says, [`message`] puts it into a message with a plain and an HTML part, [`mod@line`] is a
//! connection to a mail server that knows how far it came, [`patience`] how long each step may take, [`stage`] has the stages
//! of that way and a hint for each that fails. Nothing here knows the outbox: the roof takes letters from there, and the
//! console tries a server out.

pub mod line;
pub mod message;
pub mod patience;
pub mod stage;
pub mod words;

#[cfg(test)]
mod tests;

pub use line::{Line, Trial, try_out};
pub use message::{Message, Sender};
pub use patience::{Patience, TRIAL};
pub use stage::{Failure, Stage};
pub use words::Words;
