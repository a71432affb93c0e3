//! Roof: the command line, one verb a file.
//!
//! [`place`] finds configuration and data. While a server runs there, a [`request`] goes through its [`socket`] to
//! [`control`]; otherwise the store is opened here. Either way one function carries it out.
//!
//! Every command ends in a [`reply::Reply`]: what was asked for on standard output, what is worth saying on standard
//! error, and an exit code: 0 done, 1 refused, 2 bad usage, 3 the store is damaged or newer than the program.

mod apply;
mod check;
mod clients;
mod control;
mod export;
mod exposed;
mod keys;
mod later;
mod openapi;
mod place;
mod reply;
mod request;
mod serve;
mod socket;
mod table;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An identity server a small team hosts itself.
#[derive(Parser)]
#[command(name = "countersign", version, about)]
struct CommandLine {
    #[command(flatten)]
    place: place::Place,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server; this is also what happens without a command
    Serve(serve::Serve),
    /// Make the declared state in a file true
    Apply(apply::Apply),
    /// Print what is stored as a declared-state file: hashes, never secrets
    Export(export::Export),
    /// Verify configuration and store
    Check(check::Check),
    /// Add users, list them, let them back in
    User(users::Users),
    /// List clients, give one a new secret
    Client(clients::Clients),
    /// List signing keys, or begin with new ones
    Keys(keys::Keys),
    /// Print a generated OpenAPI document
    Openapi(openapi::Openapi),
    /// Copy the store while it is in use
    #[command(hide = true)]
    Backup(later::Anything),
    /// Put a copy in the place of a store
    #[command(hide = true)]
    Restore(later::Anything),
    /// Print records as JSON lines, redacted
    #[command(hide = true)]
    Dump(later::Anything),
    /// The refusal behind an id
    #[command(hide = true)]
    Explain(later::Anything),
}

/// Reads the command line, runs one command, and gives back its exit code.
pub fn main() -> ExitCode {
    let CommandLine { place, command } = read();
    let reply = match command {
        None => return serve::Serve::default().run(&place),
        Some(Command::Serve(serve)) => return serve.run(&place),
        Some(Command::Openapi(openapi)) => return openapi.run(),
        Some(Command::Apply(apply)) => apply.run(&place),
        Some(Command::Export(export)) => export.run(&place),
        Some(Command::Check(check)) => check.run(&place),
        Some(Command::User(users)) => users.run(&place),
        Some(Command::Client(clients)) => clients.run(&place),
        Some(Command::Keys(keys)) => keys.run(&place),
        Some(Command::Backup(_)) => later::reply("backup", "backups"),
        Some(Command::Restore(_)) => later::reply("restore", "backups"),
        Some(Command::Dump(_)) => later::reply("dump", "backups"),
        Some(Command::Explain(_)) => later::reply("explain", "the record of refusals"),
    };
    reply.say()
}

/// Without a command it is `serve` that is meant, with everything its environment says.
fn read() -> CommandLine {
    let line = CommandLine::parse();
    match line.command {
        Some(_) => line,
        None => CommandLine::parse_from(std::env::args_os().chain(["serve".into()])),
    }
}
