//! Where the configuration and the data are: what every command takes.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, Written, file};
use crate::toml_file::System;

/// The file that is read when it is there and nobody named another.
const USUAL: &str = "countersign.toml";

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// How this process runs: a TOML file [default: countersign.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory [default: ./countersign-data]
    #[arg(long, global = true, value_name = "DIR", env = "COUNTERSIGN_DATA")]
    data: Option<PathBuf>,
}

impl Place {
    /// What the command line, `flags` included, and the file mean together.
    ///
    /// # Errors
    /// Everything that is wrong with the file, or that it cannot be read.
    pub fn config(&self, flags: Written, change_issuer: bool) -> Result<Config, String> {
        let flags = Written { data: self.data.clone(), ..flags };
        let written = match self.file()? {
            Some((path, text)) => {
                let written = file::read(&path, &text, &System).map_err(|problems| problems.to_string())?;
                flags.over(written)
            }
            None => flags,
        };
        Config::meant(written, change_issuer).map_err(|contradiction| contradiction.to_string())
    }

    /// The file's name as messages show it, if there is one.
    pub fn file_name(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| PathBuf::from(USUAL).exists().then(|| PathBuf::from(USUAL)))
    }

    fn file(&self) -> Result<Option<(PathBuf, String)>, String> {
        let Some(path) = self.file_name() else { return Ok(None) };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) => Err(format!("{} cannot be read: {error}.", path.display())),
        }
    }
}
