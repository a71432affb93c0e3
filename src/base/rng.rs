//! Chance as an argument: what is unguessable in production can be repeated in a test.

use std::sync::Mutex;

use aws_lc_rs::{digest, rand};

/// A source of bytes nobody can guess.
pub trait Rng: Send + Sync + 'static {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

/// `N` random bytes from `rng`.
pub fn bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill(&mut out);
    out
}

/// The operating system's generator, through aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, out: &mut [u8]) {
        // aws-lc aborts the process itself when the system has no entropy; an error here has no other cause.
        #[expect(clippy::disallowed_methods, reason = "this is the one source of chance")]
        rand::fill(out).expect("the operating system provides random bytes");
    }
}

/// A repeatable sequence (SHA-256 of a seed and a counter); for tests, never for secrets that matter.
#[derive(Debug)]
pub struct SeededRng {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededRng {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> SeededRng {
        SeededRng { seed, counter: Mutex::new(0) }
    }
}

impl Rng for SeededRng {
    fn fill(&self, out: &mut [u8]) {
        let mut counter = self.counter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in out.chunks_mut(32) {
            *counter += 1;
            let mut block = [0; 16];
            block[..8].copy_from_slice(&self.seed.to_be_bytes());
            block[8..].copy_from_slice(&counter.to_be_bytes());
            let digest = digest::digest(&digest::SHA256, &block);
            chunk.copy_from_slice(&digest.as_ref()[..chunk.len()]);
        }
    }
}
