//! What may be opened, what is refused, and how a new store comes to be.
//!
//! Beside `store.redb` lie `store.lock`, which names the process that has it open, and `store.initialised`, which
//! remembers that there has been a store: should the store's file vanish later, it is not silently made anew.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ::redb::{Builder, Database, DatabaseError, Error, StorageError};

use super::holder::{Lock, NoLock};
use super::refusal::OpenError;
use super::{check, tables};

/// The first bytes of every redb file.
const MAGIC: [u8; 9] = [b'r', b'e', b'd', b'b', 0x1A, 0x0A, 0xA9, 0x0D, 0x0A];

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much memory the engine may use to remember pages, in MiB.
    pub cache_mib: usize,
    /// Up to which size of its file, in MiB, every page is examined at opening. About 1.5 s per GiB; a larger store is
    /// examined by [`super::Redb::verify`] only.
    pub verify_mib: u64,
    /// Whether a store is created where none is and none has been.
    pub create: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { cache_mib: 64, verify_mib: 128, create: false }
    }
}

/// Where a store and the files beside it lie.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) directory: PathBuf,
    pub(super) store: PathBuf,
    pub(super) unfinished: PathBuf,
    lock: PathBuf,
    marker: PathBuf,
}

impl Files {
    pub(super) fn of(directory: &Path) -> Files {
        Files {
            directory: directory.to_owned(),
            store: directory.join("store.redb"),
            unfinished: directory.join("store.redb.unfinished"),
            lock: directory.join("store.lock"),
            marker: directory.join("store.initialised"),
        }
    }
}

/// Opens the same file again after a failure. Holds the lock for as long as it lives.
pub(super) struct Opener {
    path: PathBuf,
    open: Box<dyn Fn() -> Result<Database, Error> + Send>,
    _lock: Lock,
}

impl Opener {
    pub(super) fn new(path: &Path, lock: Lock, open: impl Fn() -> Result<Database, Error> + Send + 'static) -> Opener {
        Opener { path: path.to_owned(), open: Box::new(open), _lock: lock }
    }

    /// The store's file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file anew.
    pub(super) fn reopen(&self) -> Result<Database, Error> {
        (self.open)()
    }
}

/// Opens or creates the store of the data directory `dir`.
pub(super) fn open(dir: &Path, options: &Options) -> Result<(Database, Opener), OpenError> {
    let files = Files::of(dir);
    if options.create {
        make_directory(dir)?;
    } else if !files.directory.is_dir() {
        return Err(OpenError::Missing { path: files.store });
    }
    let lock = lock(&files)?;
    create(&files, options)?;
    let database = open_existing(&files, options)?;
    if !exists(&files.marker)? {
        write_marker(&files).map_err(|error| OpenError::Io { path: files.marker.clone(), error })?;
    }
    let (path, cache) = (files.store.clone(), options.cache_mib << 20);
    let opener = Opener::new(&files.store, lock, move || Ok(Builder::new().set_cache_size(cache).open(&path)?));
    Ok((database, opener))
}

pub(super) fn make_directory(dir: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| OpenError::Io { path: dir.to_owned(), error })
}

pub(super) fn lock(files: &Files) -> Result<Lock, OpenError> {
    Lock::take(&files.lock).map_err(|refusal| match refusal {
        NoLock::Held(by) => OpenError::Held { path: files.store.clone(), by },
        NoLock::Io(error) => OpenError::Io { path: files.lock.clone(), error },
    })
}

/// Like [`Path::exists`], but a doubt is an error and not a "no".
fn exists(path: &Path) -> Result<bool, OpenError> {
    path.try_exists().map_err(|error| OpenError::Io { path: path.to_owned(), error })
}

// ---- an existing file -------------------------------------------------------------------------------------------

fn open_existing(files: &Files, options: &Options) -> Result<Database, OpenError> {
    let path = &files.store;
    recognise(path)?;
    let metadata = path.metadata().map_err(|error| OpenError::Io { path: path.to_owned(), error })?;
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_mib << 20);
    // With two-phase commits this never repairs by going back: what does not verify is refused.
    builder.set_check_integrity_on_open(metadata.len() <= options.verify_mib << 20);
    // redb may panic over a file that was altered outside it.
    let opened = catch_unwind(AssertUnwindSafe(|| builder.open(path)));
    let database = opened.map_err(|_| damaged(path, "a page is damaged"))?.map_err(|error| refusal(path, error))?;
    judge(path, &database)?;
    Ok(database)
}

/// Looks at the first bytes, so that what is not ours is left alone.
pub(super) fn recognise(path: &Path) -> Result<(), OpenError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
        .map_err(|error| OpenError::Io { path: path.to_owned(), error })?;
    match start.as_slice() {
        [] => Err(OpenError::Empty { path: path.to_owned() }),
        start if start == MAGIC => Ok(()),
        _ => Err(OpenError::Foreign { path: path.to_owned() }),
    }
}

pub(super) fn refusal(path: &Path, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Held { path: path.to_owned(), by: None },
        // A file cut short is read beyond its end.
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() != ErrorKind::UnexpectedEof => {
            OpenError::Io { path: path.to_owned(), error }
        }
        error => damaged(path, &error.to_string()),
    }
}

fn damaged(path: &Path, detail: &str) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), detail: detail.to_owned() }
}

/// Reads what the file says of itself.
pub(super) fn judge(path: &Path, database: &Database) -> Result<(), OpenError> {
    let words = catch_unwind(AssertUnwindSafe(|| tables::about(database)));
    let words = words.map_err(|_| damaged(path, "a page is damaged"))?;
    let about = words.map_err(|error| damaged(path, &error.to_string()))?;
    let foreign = || OpenError::Foreign { path: path.to_owned() };
    let about = about.ok_or_else(foreign)?;
    let word = |name: &str| match about.get(name) {
        Some(stored) => check::unwrap(name.as_bytes(), stored).map_err(|fault| damaged(path, &fault.to_string())),
        None => Err(foreign()),
    };
    if word(tables::FORMAT)? != tables::OUR_FORMAT {
        return Err(foreign());
    }
    let schema = std::str::from_utf8(word(tables::SCHEMA)?).ok().and_then(|text| text.parse().ok());
    match schema {
        Some(tables::OUR_SCHEMA) => Ok(()),
        Some(found) if found > tables::OUR_SCHEMA => {
            Err(OpenError::NewerSchema { path: path.to_owned(), found, known: tables::OUR_SCHEMA })
        }
        _ => Err(damaged(path, "its schema number is none")),
    }
}

/// That there is a file, or why there is none.
pub(super) fn require(files: &Files) -> Result<(), OpenError> {
    let (path, marker) = (files.store.clone(), files.marker.clone());
    match (exists(&path)?, exists(&marker)?) {
        (true, _) => Ok(()),
        (false, true) => Err(OpenError::Gone { path, marker }),
        (false, false) => Err(OpenError::Missing { path }),
    }
}

// ---- a new file -------------------------------------------------------------------------------------------------

/// Unless there is a store, makes one under another name and gives it its own only when it is whole and on the disk: a
/// crash at any moment leaves either no store or a whole one.
fn create(files: &Files, options: &Options) -> Result<(), OpenError> {
    match require(files) {
        Err(OpenError::Missing { .. }) if options.create => {}
        known => return known,
    }
    make(&files.unfinished)
        .and_then(|()| put_in_place(&files.unfinished, &files.store))
        .map_err(|error| OpenError::Io { path: files.store.clone(), error })
}

/// Makes a store without records at `path`, over whatever an earlier attempt left there.
pub(super) fn make(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.sync_all()?;
    let fill = || -> Result<(), Error> {
        let database = Builder::new().create(path)?;
        tables::introduce(&database)?;
        Ok(database.close()?)
    };
    fill().map_err(|error| match error {
        Error::Io(error) => error,
        error => io::Error::other(error),
    })
}

/// Gives a finished file its name, durably.
pub(super) fn put_in_place(finished: &Path, name: &Path) -> io::Result<()> {
    File::open(finished)?.sync_all()?;
    std::fs::rename(finished, name)?;
    sync_directory_of(name)
}

pub(super) fn write_marker(files: &Files) -> io::Result<()> {
    let words = "This directory has held a Countersign store. If store.redb is missing, restore a backup.\n";
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&files.marker)?;
    io::Write::write_all(&mut file, words.as_bytes())?;
    file.sync_all()?;
    sync_directory_of(&files.marker)
}

fn sync_directory_of(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
