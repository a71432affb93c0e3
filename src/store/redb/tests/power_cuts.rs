//! Power cuts at any moment, also while recovering from one: what was acknowledged is there, and every batch is whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::rng::{self, SeededRng};
use crate::store::changes::Changes;
use crate::store::port::{Order, Span, Store};

use super::disk::Disk;
use super::{Redb, bytes};

const BATCH: u32 = 3;

/// Commits batches of [`BATCH`] records, one after the other, counting those acknowledged.
async fn live(store: Redb, from: u32, acknowledged: Arc<AtomicU32>) {
    for turn in from..from + 40 {
        let mut changes = Changes::new();
        for member in 0..BATCH {
            changes.insert(bytes(format!("{turn:04}/{member}")), vec![turn as u8; 900].into());
        }
        store.commit(changes).await.unwrap();
        acknowledged.store(turn + 1, Ordering::SeqCst);
    }
}

/// Every batch is there whole or not at all, and at least the first `acknowledged`; how many there are.
async fn examine(store: &Redb, acknowledged: u32) -> u32 {
    let all = Span { start: bytes(""), end: bytes([0xFF; 8]) };
    let records = store.walk(all, Order::Ascending, usize::MAX).await.unwrap();
    let count = records.len() as u32;
    assert_eq!(count % BATCH, 0, "a batch is there by half");
    assert!(count / BATCH >= acknowledged, "{} batches of {acknowledged} acknowledged", count / BATCH);
    for (at, (key, value)) in (0..).zip(&records) {
        let turn: u32 = at / BATCH;
        assert_eq!(*key, bytes(format!("{turn:04}/{}", at % BATCH)));
        assert_eq!(*value, vec![turn as u8; 900]);
    }
    count / BATCH
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_power_cuts() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let chance = SeededRng::new(seed);
    for round in 0..4 {
        let (mut disk, mut turns) = (Disk::with_store(), 0);
        for _ in 0..3 {
            let (store, _directory) = disk.store();
            let acknowledged = Arc::new(AtomicU32::new(turns));
            let life = tokio::spawn(live(store, turns, Arc::clone(&acknowledged)));
            let mut last = None;
            while !life.is_finished() {
                // What is acknowledged before the cut must be in every image taken after it.
                let sure = acknowledged.load(Ordering::SeqCst);
                let odds = rng::bytes::<1>(&chance)[0];
                let image = disk.after_power_cut(|| rng::bytes::<1>(&chance)[0] <= odds);
                let found = survive(image.clone(), sure, &chance).await;
                last = Some((image, found));
            }
            life.await.unwrap();
            // The next life goes on from what the last cut of this one left.
            let (image, found) = last.unwrap_or_else(|| panic!("round {round}: no cut was met, seed {seed}"));
            (disk, turns) = (Disk::of(image), found);
        }
    }
}

/// Opens an image, cuts the power during that as well, and examines what either left.
async fn survive(image: Vec<u8>, acknowledged: u32, chance: &SeededRng) -> u32 {
    let disk = Disk::of(image);
    if rng::bytes::<1>(chance)[0] < 128 {
        disk.examine();
    }
    let (store, _directory) = disk.store();
    let again = Disk::of(disk.after_power_cut(|| rng::bytes::<1>(chance)[0] < 128));
    let found = examine(&store, acknowledged).await;
    let (store, _directory) = again.store();
    assert_eq!(examine(&store, acknowledged).await, found, "the second recovery found another history");
    found
}
