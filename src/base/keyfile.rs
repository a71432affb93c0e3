//! The key file: 32 random bytes beside the store, from which every symmetric key of a deployment is derived.
//!
//! Make it before the store: a store without its key file cannot be read, a key file without a store does no harm.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::rng::{self, Rng};

/// The bytes of a key file; wiped when dropped.
pub type Key = Zeroizing<[u8; 32]>;

/// Why there is no key. Each says what you can do.
#[derive(Debug)]
pub enum KeyFileError {
    /// There is no such file.
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// Others than its owner may read or change it.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It does not hold 32 bytes in base64url.
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyFileError::Missing { path } => {
                write!(f, "The key file {} does not exist. Restore it from where you keep it safe.", path.display())
            }
            KeyFileError::Exposed { path, mode } => write!(
                f,
                "The key file {path} has mode {mode:04o}, so others could read it. Run: chmod 600 {path}",
                path = path.display()
            ),
            KeyFileError::Malformed { path } => write!(
                f,
                "The key file {} does not hold a key: 43 characters of base64url are expected. Restore it.",
                path.display()
            ),
            KeyFileError::Io { path, error } => write!(f, "The key file {} cannot be used: {error}.", path.display()),
        }
    }
}

impl std::error::Error for KeyFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            KeyFileError::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Reads the key file at `path`. Refuses a file that is missing, readable by others, or holds anything but a key.
pub fn load(path: &Path) -> Result<Key, KeyFileError> {
    let mut file = File::open(path).map_err(|error| failure(path, error))?;
    let mode = file.metadata().map_err(|error| failure(path, error))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    // A key has 43 characters and a line end; whatever is longer is none.
    let mut text = Zeroizing::new(String::with_capacity(64));
    match (&mut file).take(64).read_to_string(&mut text) {
        Err(error) if error.kind() != ErrorKind::InvalidData => return Err(failure(path, error)),
        _ => {}
    }
    decode(text.trim_end()).ok_or_else(|| KeyFileError::Malformed { path: path.to_owned() })
}

/// Reads the key file at `path`, or makes one with bytes from `rng` when there is none, and the directory (mode
/// 0700) with it. An existing file is never replaced, and all who make one at the same time get the same key.
///
/// Beside an existing store a missing key file is an error and not a reason to make a new one: call [`load`] then.
pub fn load_or_create(path: &Path, rng: &dyn Rng) -> Result<Key, KeyFileError> {
    match load(path) {
        Err(KeyFileError::Missing { .. }) => {}
        known => return known,
    }
    match create(path, &Zeroizing::new(rng::bytes(rng))) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failure(path, error)),
        _ => load(path),
    }
}

/// Writes the key under another name first, so that the file is whole from the moment it exists.
fn create(path: &Path, key: &Key) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.unfinished", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    // Left behind by a process that had the same id and was cut off; if not, the next line says so.
    let _ = fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let text = Zeroizing::new(format!("{}\n", BASE64URL_NOPAD.encode(key.as_slice())));
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // Unlike a renaming, a link never replaces what is there.
    let placed = written.and_then(|()| fs::hard_link(&unfinished, path));
    fs::remove_file(&unfinished)?;
    placed?;
    File::open(parent)?.sync_all()
}

fn decode(text: &str) -> Option<Key> {
    let mut key = Key::default();
    let fits = BASE64URL_NOPAD.decode_len(text.len()) == Ok(key.len());
    (fits && BASE64URL_NOPAD.decode_mut(text.as_bytes(), key.as_mut_slice()) == Ok(32)).then_some(key)
}

fn failure(path: &Path, error: io::Error) -> KeyFileError {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::NotFound => KeyFileError::Missing { path },
        _ => KeyFileError::Io { path, error },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::base::rng::{SeededRng, SystemRng};

    fn write(path: &Path, text: &[u8], mode: u32) {
        let _ = fs::remove_file(path);
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_is_made_once_and_read_ever_after() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("data");
        let path = dir.join("key");
        assert!(matches!(load(&path), Err(KeyFileError::Missing { .. })));
        let made = load_or_create(&path, &SeededRng::new(1)).unwrap();
        assert_eq!(*load_or_create(&path, &SeededRng::new(2)).unwrap(), *made);
        assert_eq!(*load(&path).unwrap(), *made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn everyone_who_makes_one_at_once_gets_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        create(&path, &Key::default()).unwrap();
        assert_eq!(create(&path, &Key::new([1; 32])).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(*load_or_create(&path, &SystemRng).unwrap(), [0; 32]);
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let good = BASE64URL_NOPAD.encode(&[7; 32]);
        for mode in [0o640, 0o604, 0o660, 0o644, 0o620] {
            write(&path, good.as_bytes(), mode);
            let refused = load_or_create(&path, &SystemRng).unwrap_err();
            assert!(matches!(refused, KeyFileError::Exposed { .. }));
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
        for mode in [0o600, 0o400] {
            write(&path, good.as_bytes(), mode);
            assert_eq!(*load(&path).unwrap(), [7; 32]);
        }
    }

    #[test]
    fn anything_but_a_key_is_refused_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let good = BASE64URL_NOPAD.encode(&[0xFF; 32]);
        let wrong =
            ["", "\n", &good[..42], &format!("{good}A"), &good.replace('_', "/"), &format!("{good}="), "\u{e9}"];
        for text in wrong.iter().map(|text| text.as_bytes()).chain([&[0xFF; 43][..], &[b'A'; 4096]]) {
            write(&path, text, 0o600);
            assert!(matches!(load_or_create(&path, &SystemRng), Err(KeyFileError::Malformed { .. })), "{text:?}");
            assert_eq!(fs::read(&path).unwrap(), text);
        }
    }
}
