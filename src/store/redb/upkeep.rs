//! Examining a store from end to end, copying it while it is in use, and putting a copy in its place.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use ::redb::{Builder, Database, Error, ReadTransaction, ReadableDatabase, ReadableTable};
use bytes::Bytes;

use super::opening::{self, Files};
use super::overlay::Overlay;
use super::tables::{RECORDS, begin_write};
use super::{OpenError, Redb, check, reading};
use crate::store::port::{Fault, Key};

/// How many records an examination of a store in use looks at before it makes way.
const STRIDE: usize = 500;

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many records there are.
    pub records: u64,
    /// How many bytes their keys and values take.
    pub bytes: u64,
    /// The keys of records that fail their check.
    pub damaged: Vec<Key>,
    /// What is wrong with the file beyond single records.
    pub pages: Option<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.pages.is_none()
    }

    fn count(&mut self, key: &[u8], stored: &[u8]) {
        self.records += 1;
        match check::unwrap(key, stored) {
            Ok(value) => self.bytes += (key.len() + value.len()) as u64,
            Err(_) => self.damaged.push(Bytes::copy_from_slice(key)),
        }
    }
}

impl Redb {
    /// Examines the store of the data directory `dir`, which nobody may have open: the checksum of every page, and the
    /// check of every record. Writes nothing to the file, whatever its state.
    pub fn verify(dir: &Path, cache_mib: usize) -> Result<Report, OpenError> {
        let files = Files::of(dir);
        if !files.directory.is_dir() {
            return Err(OpenError::Missing { path: files.store });
        }
        let _lock = opening::lock(&files)?;
        opening::require(&files)?;
        verify_file(&files.store, cache_mib)
    }

    /// Examines every record of this store while it is in use, a few at a time. Pages are examined by
    /// [`Redb::verify`] only.
    pub async fn survey(&self) -> Result<Report, Fault> {
        let (mut report, mut from) = (Report::default(), Bound::Unbounded);
        loop {
            let (part, last) = reading::look(self, |database| Ok(stride(database, from.clone(), STRIDE)?)).await?;
            report.records += part.records;
            report.bytes += part.bytes;
            report.damaged.extend(part.damaged);
            match last {
                Some(last) => from = Bound::Excluded(last),
                None => return Ok(report),
            }
            tokio::task::yield_now().await;
        }
    }

    /// Copies everything, as it is at this moment, into a new file at `path`. The store stays in use meanwhile.
    /// A file that is already there is not replaced, and a store with a damaged record is not copied.
    pub async fn copy_to(&self, path: &Path) -> Result<Report, Fault> {
        let snapshot = reading::look(self, |database| Ok(database.begin_read().map_err(Error::from)?)).await?;
        let path = path.to_owned();
        let copying = tokio::task::spawn_blocking(move || copy(&snapshot, &path));
        copying.await.unwrap_or_else(|_| Err(Fault::new("a page of the store is damaged")))
    }

    /// Makes the copy at `copy` the store of the data directory `dir`, after an examination. Refuses to replace a store.
    pub fn restore(copy: &Path, dir: &Path, cache_mib: usize) -> Result<Report, OpenError> {
        let files = Files::of(dir);
        opening::make_directory(dir)?;
        let _lock = opening::lock(&files)?;
        let failed = |error| OpenError::Io { path: files.store.clone(), error };
        if files.store.try_exists().map_err(failed)? {
            return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "there is a store already")));
        }
        let report = verify_file(copy, cache_mib)?;
        if !report.is_sound() {
            let detail = report.pages.unwrap_or_else(|| format!("{} damaged records", report.damaged.len()));
            return Err(OpenError::Damaged { path: copy.to_owned(), detail });
        }
        duplicate(copy, &files.unfinished).map_err(failed)?;
        opening::put_in_place(&files.unfinished, &files.store).map_err(failed)?;
        opening::write_marker(&files).map_err(failed)?;
        Ok(report)
    }
}

fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut copy).map(drop)
}

// ---- examining ----------------------------------------------------------------------------------------------------

fn verify_file(path: &Path, cache_mib: usize) -> Result<Report, OpenError> {
    opening::recognise(path)?;
    let failed = |error| OpenError::Io { path: path.to_owned(), error };
    let open = || File::open(path).map_err(failed);
    let held = open()?;
    match held.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::Held { path: path.to_owned(), by: None }),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // Once with the checksum of every page; when that fails, once without, to learn which records are damaged.
    let mut broken = None;
    for pages in [true, false] {
        let overlay = Overlay::over(open()?).map_err(failed)?;
        let examination = || examine(path, overlay, pages, cache_mib);
        match catch_unwind(AssertUnwindSafe(examination)) {
            Ok(Ok(mut report)) => {
                report.pages = report.pages.or(broken);
                return Ok(report);
            }
            Ok(Err(OpenError::Damaged { detail, .. })) => broken = broken.or(Some(detail)),
            Ok(Err(refusal)) => return Err(refusal),
            Err(_) => broken = broken.or_else(|| Some("a page is damaged".to_owned())),
        }
    }
    Ok(Report { pages: broken, ..Report::default() })
}

fn examine(path: &Path, overlay: Overlay, pages: bool, cache_mib: usize) -> Result<Report, OpenError> {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_mib << 20).set_check_integrity_on_open(pages);
    let database = builder.create_with_backend(overlay).map_err(|error| opening::refusal(path, error))?;
    opening::judge(path, &database)?;
    let (mut report, mut from) = (Report::default(), Bound::Unbounded);
    loop {
        match stride(&database, from, STRIDE) {
            Ok((part, last)) => {
                report.records += part.records;
                report.bytes += part.bytes;
                report.damaged.extend(part.damaged);
                match last {
                    Some(last) => from = Bound::Excluded(last),
                    None => return Ok(report),
                }
            }
            Err(error) => {
                report.pages = Some(error.to_string());
                return Ok(report);
            }
        }
    }
}

/// Examines at most `most` records; with the last key, unless that was the end.
fn stride(database: &Database, from: Bound<Key>, most: usize) -> Result<(Report, Option<Key>), Error> {
    let table = database.begin_read()?.open_table(RECORDS)?;
    let mut report = Report::default();
    let mut gap = match &from {
        Bound::Excluded(last) => table.upper_bound(Bound::Included(last.as_ref()))?,
        _ => table.lower_bound(Bound::<&[u8]>::Unbounded)?,
    };
    let mut last: Option<Key> = None;
    while let Some((key, stored)) = gap.next()? {
        let key = key.value();
        // An altered key may seem to lie before the one it follows; going on from it could go round in circles.
        let before = last.as_deref().or(match &from {
            Bound::Excluded(last) => Some(last.as_ref()),
            _ => None,
        });
        report.count(key, stored.value());
        if before.is_none_or(|before| before < key) {
            last = Some(Bytes::copy_from_slice(key));
        }
        if report.records as usize >= most && last.is_some() {
            return Ok((report, last));
        }
    }
    Ok((report, None))
}

// ---- copying ------------------------------------------------------------------------------------------------------

fn copy(snapshot: &ReadTransaction, path: &Path) -> Result<Report, Fault> {
    if path.try_exists().map_err(Fault::new)? {
        return Err(Fault::new(format_args!("{} exists already; it was left as it is", path.display())));
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    opening::make(unfinished).map_err(Fault::new)?;
    let report = fill(snapshot, unfinished).and_then(|report| match report.damaged.first() {
        Some(key) => Err(Fault::new(format_args!("the record {} is damaged", key.escape_ascii()))),
        None => Ok(report),
    });
    if report.is_err() {
        // It would be overwritten by the next attempt; removing it now is a courtesy.
        let _ = fs::remove_file(unfinished);
    }
    let report = report?;
    opening::put_in_place(unfinished, path).map_err(Fault::new)?;
    Ok(report)
}

fn fill(snapshot: &ReadTransaction, path: &Path) -> Result<Report, Fault> {
    let fill = || -> Result<Report, Error> {
        let database = Builder::new().set_cache_size(16 << 20).open(path)?;
        let transaction = begin_write(&database)?;
        let mut report = Report::default();
        {
            let mut records = transaction.open_table(RECORDS)?;
            for row in snapshot.open_table(RECORDS)?.iter()? {
                let (key, stored) = row?;
                report.count(key.value(), stored.value());
                records.insert(key.value(), stored.value())?;
            }
        }
        transaction.commit()?;
        database.close()?;
        Ok(report)
    };
    fill().map_err(Fault::new)
}
