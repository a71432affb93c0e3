//! A word of warning when others on this machine can read a file that holds secrets.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Once;

use crate::server::notice::{self, Level};

/// The keys of a declared state whose plain text nobody else should know.
const PLAIN: [&str; 2] = ["secret", "password"];
/// Anything for the file's group or for others.
const OTHERS: u32 = 0o077;

/// Warns on standard error, once, when the declared state `text` in the file at `path` holds a secret in plain text and
/// the file is not its owner's alone.
pub(super) fn warn(path: &Path, text: &str, as_json: bool) {
    static WARNED: Once = Once::new();
    let exposed = std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & OTHERS != 0);
    if exposed && holds_secrets(text) {
        let file = path.display();
        WARNED.call_once(|| {
            let warning = format!(
                "warning: {file} holds secrets in plain text and is open to others on this machine: `chmod 600 {file}`, \
                 or name another place with {{ file = \"…\" }} or {{ env = \"…\" }}."
            );
            notice::say(Level::Warn, &warning, as_json);
        });
    }
}

/// Whether any table of `text` has one of [`PLAIN`] as a string of its own; `{ file = … }` and `{ env = … }` are elsewhere.
fn holds_secrets(text: &str) -> bool {
    let tables = text.parse::<toml::Table>().unwrap_or_default();
    let lists = tables.values().filter_map(toml::Value::as_array).flatten();
    lists
        .filter_map(toml::Value::as_table)
        .any(|one| PLAIN.iter().any(|key| one.get(*key).is_some_and(toml::Value::is_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_the_file_is_a_secret_there() {
        assert!(holds_secrets("[[users]]\nusername = 'sam'\npassword = 'plain'"));
        assert!(holds_secrets("[[clients]]\nid = 'a'\n[[clients]]\nid = 'b'\nsecret = 'plain'"));
        assert!(!holds_secrets("[[clients]]\nid = 'a'\nsecret = { file = 'elsewhere' }\nsecret_hash = 'h'"));
        assert!(!holds_secrets("[settings]\nname = 'password'"));
    }
}
