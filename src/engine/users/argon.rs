//! Argon2id (RFC 9106) in the PHC string format, in memory that is reused.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;

use crate::model::credential::PasswordHash;

/// The most memory a stored hash may ask for, in KiB, and the most passes and lanes: beyond it, a hash that somebody
/// declared could stop the server.
const MOST: (u32, u32, u32) = (1 << 20, 64, 16);
const HASH_LENGTH: usize = 32;

/// How costly a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

/// These parameters cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostOutOfRange;

impl fmt::Display for CostOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (memory, iterations, _) = MOST;
        write!(f, "expected memory_kib from 8 to {memory} and iterations from 1 to {iterations}")
    }
}

impl std::error::Error for CostOutOfRange {}

impl Cost {
    /// One lane with so much memory, so many passes.
    pub(super) fn new(memory_kib: u32, iterations: u32) -> Result<Cost, CostOutOfRange> {
        Cost { memory_kib, iterations, lanes: 1 }.within_bounds().ok_or(CostOutOfRange)
    }

    fn within_bounds(self) -> Option<Cost> {
        let (memory, iterations, lanes) = MOST;
        let fits = self.memory_kib <= memory && self.iterations <= iterations && self.lanes <= lanes;
        (fits && Params::new(self.memory_kib, self.iterations, self.lanes, None).is_ok()).then_some(self)
    }

    /// Whether this is at least as costly in every respect.
    fn covers(self, wanted: Cost) -> bool {
        self.memory_kib >= wanted.memory_kib && self.iterations >= wanted.iterations
    }

    fn params(self, length: usize) -> Params {
        // `within_bounds` made sure of the costs, and both callers of the length.
        Params::new(self.memory_kib, self.iterations, self.lanes, Some(length)).expect("a cost within bounds")
    }
}

/// A stored hash, read.
struct Stored {
    cost: Cost,
    version: Version,
    salt: Salt,
    output: Output,
    /// Whether anybody has it; what stands in for nobody's hash never matches.
    is_somebodys: bool,
}

impl Stored {
    fn read(hash: &PasswordHash) -> Option<Stored> {
        let phc = Phc::new(hash.as_str()).ok()?;
        if phc.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return None;
        }
        let params = Params::try_from(&phc.params).ok().filter(|p| p.keyid().is_empty() && p.data().is_empty())?;
        let cost = Cost { memory_kib: params.m_cost(), iterations: params.t_cost(), lanes: params.p_cost() };
        let version = match phc.version {
            None => Version::V0x10,
            Some(version) => Version::try_from(version).ok()?,
        };
        let (salt, output) = (phc.salt?, phc.hash?);
        // Shorter outputs are found by guessing, not by knowing the password.
        let output = (output.len() >= 16).then_some(output)?;
        Some(Stored { cost: cost.within_bounds()?, version, salt, output, is_somebodys: true })
    }

    /// What stands in where there is no hash: it costs what a hash made now costs.
    fn of_nobody(cost: Cost) -> Stored {
        // 16 and 32 bytes fit the format.
        let salt = Salt::new(&[0; 16]).expect("16 bytes of salt");
        let output = Output::new(&[0; HASH_LENGTH]).expect("32 bytes of hash");
        Stored { cost, version: Version::V0x13, salt, output, is_somebodys: false }
    }
}

/// Whether a stored hash can be checked at all: Argon2id, whole, and within bounds. Ask before keeping somebody's hash.
pub fn is_checkable(hash: &PasswordHash) -> bool {
    Stored::read(hash).is_some()
}

/// Working memory, reused from one hash to the next: fresh memory costs as much as the hashing (page faults).
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            self.0.resize(count, Block::default());
        }
        &mut self.0[..count]
    }

    /// Gives back what is more than `cost` needs.
    pub(super) fn shrink_to(&mut self, cost: Cost) {
        let count = cost.params(HASH_LENGTH).block_count();
        if self.0.len() > count {
            self.0.truncate(count);
            self.0.shrink_to_fit();
        }
    }

    /// Gives back everything.
    pub(super) fn release(&mut self) {
        self.0 = Vec::new();
    }
}

/// The hash of `password`.
pub(super) fn hash(password: &[u8], salt: [u8; 16], cost: Cost, memory: &mut Memory) -> PasswordHash {
    let mut out = [0; HASH_LENGTH];
    let params = cost.params(HASH_LENGTH);
    let computed = compute(password, &salt, &params, Version::V0x13, &mut out, memory);
    assert!(computed, "16 bytes of salt are enough");
    let phc = Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        // Three short numbers, 16 and 32 bytes: all of them fit the format.
        params: ParamsString::try_from(&params).expect("three numbers"),
        salt: Some(Salt::new(&salt).expect("16 bytes of salt")),
        hash: Some(Output::new(&out).expect("32 bytes of hash")),
    };
    PasswordHash::parse(&phc.to_string()).expect("an Argon2id hash")
}

/// What checking a password against a hash showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is this password.
    pub matches: bool,
    /// Whether the hash is cheaper than hashes made now.
    pub needs_rehash: bool,
}

/// Checks `password` against `stored`. Without one, or with one that cannot be read, it costs the same and never matches.
pub(super) fn verify(password: &[u8], stored: Option<&PasswordHash>, now: Cost, memory: &mut Memory) -> Verified {
    let stored = stored.and_then(Stored::read).unwrap_or_else(|| Stored::of_nobody(now));
    let mut out = [0; Output::MAX_LENGTH];
    let out = &mut out[..stored.output.len()];
    let params = stored.cost.params(out.len());
    let computed = compute(password, stored.salt.as_ref(), &params, stored.version, out, memory);
    let equal = constant_time::verify_slices_are_equal(out, stored.output.as_bytes()).is_ok();
    let matches = computed && equal && stored.is_somebodys;
    Verified { matches, needs_rehash: !stored.cost.covers(now) || stored.version != Version::V0x13 }
}

/// Whether it could be computed; a salt that is too short is the one reason why not.
fn compute(
    password: &[u8],
    salt: &[u8],
    params: &Params,
    version: Version,
    out: &mut [u8],
    memory: &mut Memory,
) -> bool {
    let argon = Argon2::new(Algorithm::Argon2id, version, params.clone());
    argon.hash_password_into_with_memory(password, salt, out, memory.blocks(params)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 8, iterations: 1, lanes: 1 };

    #[test]
    fn a_hash_knows_its_password_and_says_when_it_is_out_of_date() {
        let mut memory = Memory::default();
        let kept = hash(b"correct horse", [1; 16], CHEAP, &mut memory);
        assert!(kept.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{}", kept.as_str());
        let check = |password: &[u8], now| verify(password, Some(&kept), now, &mut Memory::default());
        assert_eq!(check(b"correct horse", CHEAP), Verified { matches: true, needs_rehash: false });
        assert!(!check(b"correct horsf", CHEAP).matches);
        assert!(check(b"correct horse", Cost { iterations: 2, ..CHEAP }).needs_rehash);
        assert!(check(b"correct horse", Cost { memory_kib: 16, ..CHEAP }).needs_rehash);
    }

    #[test]
    fn a_hash_of_another_program_is_understood() {
        // RFC 9106 has no PHC string; this one is made by the reference implementation's parameters m=65536, t=2, p=1.
        let other = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let other = PasswordHash::parse(other).unwrap();
        assert!(is_checkable(&other));
        assert!(verify(b"password", Some(&other), CHEAP, &mut Memory::default()).matches);
    }

    #[test]
    fn what_cannot_be_checked_never_matches() {
        for text in [
            "$argon2id$",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
            "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=8,t=1000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=8,t=1,p=1,keyid=AAAA$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ] {
            let kept = PasswordHash::parse(text).unwrap();
            assert!(!is_checkable(&kept), "{text}");
            assert!(!verify(b"password", Some(&kept), CHEAP, &mut Memory::default()).matches);
        }
        assert!(!verify(b"", None, CHEAP, &mut Memory::default()).matches);
    }

    /// One path for everybody, so time can only differ by what is computed; and that is the same.
    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let cost = Cost { memory_kib: 64, iterations: 3, lanes: 1 };
        let somebody = Stored::read(&hash(b"correct horse", [1; 16], cost, &mut Memory::default())).unwrap();
        let nobody = Stored::of_nobody(cost);
        assert_eq!((nobody.cost, nobody.version), (somebody.cost, somebody.version));
        assert_eq!(nobody.salt.len(), somebody.salt.len());
        assert_eq!(nobody.output.len(), somebody.output.len());
    }

    #[test]
    fn nobody_has_no_password_not_even_one_that_fits_the_stand_in() {
        let nobody = Stored::of_nobody(CHEAP);
        assert!(!nobody.is_somebodys);
        assert!(!verify(b"", None, CHEAP, &mut Memory::default()).matches);
    }
}
