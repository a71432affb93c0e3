//! Strings that may lie elsewhere: `{ env = "NAME" }` and `{ file = "path" }` stand for what the environment variable or
//! the file holds, so that a file with declared state need not hold secrets.

use std::io;
use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;

use super::Sheet;

/// Where values lie that are not in the file itself.
pub trait Outside {
    /// The environment variable `name`, if it is set and is text.
    fn env(&self, name: &str) -> Option<String>;
    /// The content of the file at `path`.
    ///
    /// # Errors
    /// What the file system says.
    fn file(&self, path: &Path) -> io::Result<String>;
}

/// This process's environment and file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Outside for System {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}

impl Sheet<'_> {
    /// The text that `value` is or stands for; reports why it is none.
    pub(super) fn text(&self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        let line = self.line(value.span().start);
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Table(table) => {
                let mut members = table.iter();
                let (Some((name, held)), None) = (members.next(), members.next()) else {
                    return self.no_text(line, key, value);
                };
                match (name.get_ref().as_ref(), held.get_ref()) {
                    ("env", DeValue::String(name)) => self.in_environment(line, key, name),
                    ("file", DeValue::String(path)) => self.in_file(line, key, path),
                    _ => self.no_text(line, key, value),
                }
            }
            _ => self.no_text(line, key, value),
        }
    }

    fn no_text(&self, line: usize, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let found = kind(value.get_ref());
        let expected = r#"expected a string, { env = "NAME" } or { file = "path" }"#;
        self.report(line, key, format!("{expected}, found {found}"));
        None
    }

    fn in_environment(&self, line: usize, key: &str, name: &str) -> Option<String> {
        let text = self.outside.env(name);
        if text.is_none() {
            self.report(line, key, format!("the environment variable {name} is not set"));
        }
        text
    }

    fn in_file(&self, line: usize, key: &str, path: &str) -> Option<String> {
        let path = self.directory.join(path);
        match self.outside.file(&path) {
            // Editors end files with a line end that is no part of a secret.
            Ok(text) => Some(text.strip_suffix('\n').map_or(text.as_str(), |t| t.trim_end_matches('\r')).to_owned()),
            Err(error) => {
                self.report(line, key, format!("the file {} cannot be read: {error}", path.display()));
                None
            }
        }
    }
}

/// What a value is, with its article.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
