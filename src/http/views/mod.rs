//! Pages that every face may need: what went wrong, and the form that carries an answer to an application; and the rows that
//! account pages and console share.

mod diff;
mod form_post;
pub mod lists;
mod problem;

pub use diff::{AddressDiff, DiffLine, Piece};
pub use form_post::{FormPost, HiddenField};
pub use lists::{EventRow, Fact, GrantRow, Pager, SessionRow, State, Tone};
pub use problem::{Mend, Problem};
