//! Roof: the command line, one verb a file.

mod openapi;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An identity server a small team hosts itself.
#[derive(Parser)]
#[command(name = "countersign", version, about)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::Serve),
    /// Print a generated OpenAPI document.
    Openapi(openapi::Openapi),
}

/// Reads the command line, runs one command, and gives back its exit code: 0 done, 1 refused, 2 bad usage, 3 the store is
/// damaged or newer than the program.
pub fn main() -> ExitCode {
    match CommandLine::parse().command {
        Some(Command::Serve(serve)) => serve.run(),
        Some(Command::Openapi(openapi)) => openapi.run(),
        None => serve::Serve::default().run(),
    }
}
