//! `countersign openapi [DIALECT]`: the generated document, as committed under `openapi/`.

use std::process::ExitCode;

use clap::Args;

use crate::dialects;

/// Print a generated OpenAPI document.
#[derive(Args)]
pub struct Openapi {
    /// The dialect whose document is wanted.
    #[arg(default_value = "oidc")]
    dialect: String,
}

impl Openapi {
    /// Prints the document.
    pub fn run(&self) -> ExitCode {
        match dialects::openapi_document(&self.dialect) {
            Some(document) => {
                print!("{document}");
                ExitCode::SUCCESS
            }
            None => {
                let known = dialects::documents().collect::<Vec<_>>().join(", ");
                eprintln!("There is no document called {}. There are: {known}.", self.dialect);
                ExitCode::from(2)
            }
        }
    }
}
