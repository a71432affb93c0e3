//! Bits that flip while nobody looks: an error, or the right answer; never another one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;

use super::{EXISTING, NEW, Redb, UNEXAMINED, bytes};
use crate::base::rng::{self, SeededRng};
use crate::store::changes::Changes;
use crate::store::port::{Order, Span, Store};

/// What came of one flipped bit.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Refused,
    Fault,
    Right,
}

fn content() -> BTreeMap<Bytes, Bytes> {
    (0..400).map(|n| (bytes(format!("user/{:04}", n * 7)), bytes(format!("{n}").repeat(30)))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_an_error_or_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let store = Redb::open(dir.path(), &NEW).unwrap();
    let content = content();
    for part in content.iter().collect::<Vec<_>>().chunks(40) {
        let mut changes = Changes::new();
        part.iter().for_each(|(key, value)| _ = changes.insert((*key).clone(), (*value).clone()));
        store.commit(changes).await.unwrap();
    }
    drop(store);
    let path = dir.path().join("store.redb");
    let whole = fs::read(&path).unwrap();
    // Bits of pages that hold something; the rest of the file is free space.
    let used: Vec<usize> =
        (0..whole.len()).filter(|byte| whole[byte / 512 * 512..][..512].iter().any(|b| *b != 0)).collect();

    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let chance = SeededRng::new(seed);
    let mut outcomes = BTreeMap::new();
    let mut altered = Vec::new();
    for turn in 0..200 {
        let random = u64::from_be_bytes(rng::bytes(&chance));
        let (byte, bit) = (used[random as usize % used.len()], random >> 61);
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << bit;
        fs::write(&path, &flipped).unwrap();
        let sound = turn % 5 == 0 && examined_alike(dir.path(), &flipped);
        fs::write(&path, &flipped).unwrap();
        match look(dir.path(), &content).await {
            Ok(outcome) if sound && outcome != Outcome::Right => {
                altered.push(format!("byte {byte} bit {bit}: overlooked"))
            }
            Ok(outcome) => *outcomes.entry(outcome).or_insert(0) += 1,
            Err(what) => altered.push(format!("byte {byte} bit {bit}: {what}")),
        }
    }
    assert!(altered.is_empty(), "seed {seed}: {} altered answers\n{}", altered.len(), altered.join("\n"));
    assert!(outcomes.len() > 1, "{outcomes:?}");
}

/// Whether an examination and an opening find nothing wrong; both must, or neither.
fn examined_alike(dir: &Path, content: &[u8]) -> bool {
    let sound = Redb::verify(dir, 8).is_ok_and(|report| report.is_sound());
    assert!(fs::read(dir.join("store.redb")).unwrap() == content, "an examination changes nothing");
    assert_eq!(sound, Redb::open(dir, &EXISTING).is_ok());
    sound
}

/// Opens the store and reads everything in every way; the error says which answer was another than it should be.
async fn look(dir: &Path, content: &BTreeMap<Bytes, Bytes>) -> Result<Outcome, String> {
    let Ok(store) = Redb::open(dir, &UNEXAMINED) else {
        return Ok(Outcome::Refused);
    };
    let mut outcome = Outcome::Right;
    for (key, value) in content {
        match store.read(vec![key.clone()]).await {
            Err(_) => outcome = Outcome::Fault,
            Ok(found) if found == [Some(value.clone())] => {}
            Ok(found) => return Err(format!("{key:?} is {found:?}")),
        }
    }
    let all = Span { start: bytes(""), end: bytes([0xFF; 8]) };
    for order in [Order::Ascending, Order::Descending] {
        match store.walk(all.clone(), order, usize::MAX).await {
            Err(_) => outcome = Outcome::Fault,
            Ok(mut met) => {
                if order == Order::Descending {
                    met.reverse();
                }
                if !met.iter().map(|(key, value)| (key, value)).eq(content.iter()) {
                    return Err(format!("a walk met {} records of {}", met.len(), content.len()));
                }
            }
        }
    }
    Ok(outcome)
}
