//! A file under glass: whatever is written to it stays in memory, so that even a repair can be tried without risk.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::redb::StorageBackend;

const BLOCK: usize = 4096;

/// The file as it is, and over it what was written since.
#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    over: Mutex<Over>,
}

#[derive(Debug)]
struct Over {
    /// How long the file seems to be.
    length: u64,
    /// How much of the file itself still shows; what was cut off and grown again is zero.
    shows: u64,
    blocks: HashMap<u64, Box<[u8; BLOCK]>>,
}

impl Overlay {
    pub(super) fn over(file: File) -> io::Result<Overlay> {
        let length = file.metadata()?.len();
        Ok(Overlay { file, over: Mutex::new(Over { length, shows: length, blocks: HashMap::new() }) })
    }

    fn lock(&self) -> MutexGuard<'_, Over> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One block of the file itself; zero where it does not show.
    fn beneath(&self, block: u64, shows: u64) -> io::Result<Box<[u8; BLOCK]>> {
        let mut bytes = Box::new([0; BLOCK]);
        let start = block * BLOCK as u64;
        let length = usize::try_from(shows.saturating_sub(start)).unwrap_or(BLOCK).min(BLOCK);
        self.file.read_exact_at(&mut bytes[..length], start)?;
        Ok(bytes)
    }
}

/// The blocks that `length` bytes from `offset` touch: each with the part within the block, and where that part begins
/// among the bytes.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let within = (at % BLOCK as u64) as usize;
        let taken = (BLOCK - within).min(length - done);
        let part = (at / BLOCK as u64, within..within + taken, done);
        done += taken;
        (taken > 0).then_some(part)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.lock();
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > over.length) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        for (block, within, start) in parts(offset, out.len()) {
            let target = &mut out[start..start + within.len()];
            match over.blocks.get(&block) {
                Some(bytes) => target.copy_from_slice(&bytes[within]),
                None => target.copy_from_slice(&self.beneath(block, over.shows)?[within]),
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut over = self.lock();
        let cut = length.min(over.length);
        // What is cut off in the middle of a block is zero when the file grows again.
        if cut < over.length && !cut.is_multiple_of(BLOCK as u64) {
            let (block, within) = (cut / BLOCK as u64, (cut % BLOCK as u64) as usize);
            let mut bytes = match over.blocks.remove(&block) {
                Some(bytes) => bytes,
                None => self.beneath(block, over.shows)?,
            };
            bytes[within..].fill(0);
            over.blocks.insert(block, bytes);
        }
        over.blocks.retain(|block, _| block * (BLOCK as u64) < length);
        over.shows = over.shows.min(length);
        over.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut over = self.lock();
        if offset.checked_add(bytes.len() as u64).is_none_or(|end| end > over.length) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        for (block, within, start) in parts(offset, bytes.len()) {
            if !over.blocks.contains_key(&block) {
                let beneath = self.beneath(block, over.shows)?;
                over.blocks.insert(block, beneath);
            }
            // It was put there just now, if it was not there before.
            let target = over.blocks.get_mut(&block).expect("the block is there");
            target[within.clone()].copy_from_slice(&bytes[start..start + within.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{self, SeededRng};

    #[test]
    fn it_behaves_like_a_file_and_leaves_the_file_alone() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut model: Vec<u8> = (0..20_000u32).map(|n| n as u8).collect();
        io::Write::write_all(&mut file, &model).unwrap();
        let before = model.clone();
        let overlay = Overlay::over(file.reopen().unwrap()).unwrap();
        let chance = SeededRng::new(3);
        let random = |below: usize| u32::from_be_bytes(rng::bytes(&chance)) as usize % below.max(1);
        for turn in 0..500 {
            match turn % 5 {
                0 => {
                    let length = random(40_000);
                    model.resize(length, 0);
                    overlay.set_len(length as u64).unwrap();
                }
                1 | 2 => {
                    let start = random(model.len());
                    let bytes = vec![turn as u8; random(model.len() - start)];
                    model[start..start + bytes.len()].copy_from_slice(&bytes);
                    overlay.write(start as u64, &bytes).unwrap();
                }
                _ => {
                    let start = random(model.len());
                    let mut found = vec![0; random(model.len() - start)];
                    overlay.read(start as u64, &mut found).unwrap();
                    assert_eq!(found, model[start..start + found.len()], "turn {turn}");
                }
            }
            assert_eq!(overlay.len().unwrap(), model.len() as u64);
        }
        assert!(overlay.read(model.len() as u64, &mut [0]).is_err());
        assert!(overlay.write(model.len() as u64, &[0]).is_err());
        assert_eq!(std::fs::read(file.path()).unwrap(), before);
    }
}
