//! Commands whose names are reserved: refused with an honest sentence until what they need is there.

use clap::Args;

use super::reply::Reply;

/// Whatever follows a reserved name.
#[derive(Args)]
pub struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<String>,
}

/// The refusal of `command`, which comes with `what`.
pub fn reply(command: &str, what: &str) -> Reply {
    Reply::bad_usage(format!("`countersign {command}` is not available in this version: it comes with {what}."))
}
