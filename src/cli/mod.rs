//! Roof: the command line, one verb a file.
//!
//! Every command ends in a [`reply::Reply`]: what was asked for on standard output, what is worth saying on standard
//! error, and an exit code: 0 done, 1 refused, 2 bad usage, 3 the store is damaged or newer than the program.

mod apply;
mod openapi;
mod place;
mod reply;
mod serve;

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
    /// Run the server; what happens without a command too
    Serve(serve::Serve),
    /// Print a generated OpenAPI document
    Openapi(openapi::Openapi),
}

/// Reads the command line, runs one command, and gives back its exit code.
pub fn main() -> ExitCode {
    let CommandLine { place, command } = read();
    match command {
        Some(Command::Serve(serve)) => serve.run(&place),
        Some(Command::Openapi(openapi)) => openapi.run(),
        None => serve::Serve::default().run(&place),
    }
}

/// Without a command it is `serve` that is meant, with everything its environment says.
fn read() -> CommandLine {
    let line = CommandLine::parse();
    match line.command {
        Some(_) => line,
        None => CommandLine::parse_from(std::env::args_os().chain(["serve".into()])),
    }
}
