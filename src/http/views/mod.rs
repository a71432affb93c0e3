//! Pages that every face may need: what went wrong, and the form that carries an answer to an application.

mod diff;
mod form_post;
mod problem;

pub use diff::{AddressDiff, DiffLine, Piece};
pub use form_post::{FormPost, HiddenField};
pub use problem::{Mend, Problem};
