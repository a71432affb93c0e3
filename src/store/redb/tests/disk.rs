//! A disk in memory that can be full, broken, or cut off from power.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use ::redb::{Builder, Database, StorageBackend};
use tempfile::TempDir;

use super::super::opening::{Files, Opener, lock};
use super::super::{Redb, tables};

/// How much reaches the platter at once; a power cut may tear what is larger.
const SECTOR: usize = 512;
const PAGE: u64 = 4096;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// No page that was never written can be written: the file system has no blocks left.
    Full,
    /// Nothing can be written or synced.
    Broken,
    /// One more read fails, then all is well.
    OneRead,
    /// Of the next calls, one fails.
    Call(u32),
}

/// The content as a reader sees it, and as it would be found after a power cut.
#[derive(Debug, Default)]
struct Platter {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Op>,
    backed: BTreeSet<u64>,
    trouble: Trouble,
}

#[derive(Clone, Debug)]
enum Op {
    Write(u64, Vec<u8>),
    Length(u64),
}

/// The disk. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    /// A disk that holds `image`.
    pub fn of(image: Vec<u8>) -> Disk {
        let backed = (0..image.len() as u64 / PAGE).collect();
        Disk(Arc::new(Mutex::new(Platter { seen: image.clone(), durable: image, backed, ..Platter::default() })))
    }

    /// A disk with a new store on it.
    pub fn with_store() -> Disk {
        let disk = Disk::default();
        let database = Builder::new().create_with_backend(disk.clone()).unwrap();
        tables::introduce(&database).unwrap();
        database.close().unwrap();
        disk
    }

    pub fn suffers(&self, trouble: Trouble) {
        self.platter().trouble = trouble;
    }

    pub fn trouble(&self) -> Trouble {
        self.platter().trouble
    }

    /// What is on it now.
    pub fn image(&self) -> Vec<u8> {
        self.platter().seen.clone()
    }

    /// What a power cut would leave: all that was synced, and of the rest what `chance` says, torn at sectors.
    pub fn after_power_cut(&self, mut chance: impl FnMut() -> bool) -> Vec<u8> {
        let platter = self.platter();
        let mut image = platter.durable.clone();
        for op in &platter.unsynced {
            match op {
                Op::Length(length) if chance() => image.resize(*length as usize, 0),
                Op::Length(_) => {}
                Op::Write(offset, bytes) => {
                    for (sector, part) in bytes.chunks(SECTOR).enumerate() {
                        let start = *offset as usize + sector * SECTOR;
                        if chance() && start + part.len() <= image.len() {
                            image[start..start + part.len()].copy_from_slice(part);
                        }
                    }
                }
            }
        }
        image
    }

    /// Opens the database on it, whatever its state.
    pub fn open(&self) -> std::result::Result<Database, ::redb::Error> {
        Ok(Builder::new().set_cache_size(0).create_with_backend(self.clone())?)
    }

    /// Examines every page, as a small store is at opening, and closes it again.
    pub fn examine(&self) {
        let database = Builder::new().set_check_integrity_on_open(true).create_with_backend(self.clone()).unwrap();
        database.close().unwrap();
    }

    /// Starts the engine on it.
    pub fn store(&self) -> (Redb, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let lock = lock(&Files::of(directory.path())).unwrap();
        let disk = self.clone();
        let opener = Opener::new(Path::new("a disk in memory"), lock, move || disk.open());
        (Redb::start(self.open().unwrap(), opener).unwrap(), directory)
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Platter {
    fn call(&mut self) -> Result<()> {
        match &mut self.trouble {
            Trouble::Call(0) => {
                self.trouble = Trouble::None;
                Err(Error::other("the call was lost"))
            }
            Trouble::Call(before) => {
                *before -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn may_write(&self, offset: u64, length: usize) -> Result<()> {
        let mut pages = offset / PAGE..(offset + length as u64).div_ceil(PAGE);
        match self.trouble {
            Trouble::Broken => Err(Error::other("the disk is broken")),
            Trouble::Full if !pages.all(|page| self.backed.contains(&page)) => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(self.platter().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let mut platter = self.platter();
        platter.call()?;
        if platter.trouble == Trouble::OneRead {
            platter.trouble = Trouble::None;
            return Err(Error::other("the disk is broken"));
        }
        let start = offset as usize;
        let found = platter.seen.get(start..start + out.len()).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<()> {
        let mut platter = self.platter();
        platter.call()?;
        if platter.trouble == Trouble::Broken {
            return Err(Error::other("the disk is broken"));
        }
        platter.seen.resize(length as usize, 0);
        platter.unsynced.push(Op::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        let mut platter = self.platter();
        platter.call()?;
        if platter.trouble == Trouble::Broken {
            // What was not synced is lost to the platter for good: a later sync may well claim success.
            platter.unsynced.clear();
            return Err(Error::other("the disk is broken"));
        }
        platter.durable = platter.seen.clone();
        platter.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut platter = self.platter();
        platter.call()?;
        platter.may_write(offset, bytes.len())?;
        let start = offset as usize;
        platter.seen.get_mut(start..start + bytes.len()).ok_or(ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        platter.backed.extend(offset / PAGE..(offset + bytes.len() as u64).div_ceil(PAGE));
        platter.unsynced.push(Op::Write(offset, bytes.to_vec()));
        Ok(())
    }
}
