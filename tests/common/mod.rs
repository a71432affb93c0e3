//! What tests of the real program share: the program itself, and somebody who visits it.

#![allow(dead_code)] // every test uses its own part of this

pub mod crowd;
pub mod jar;
pub mod program;
pub mod relying_party;
pub mod smtp;
pub mod visitor;

pub use program::Program;
pub use visitor::Visitor;
