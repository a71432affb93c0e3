//! What only an engine on a disk can keep or break.

mod damage;
mod disk;
mod failing;
mod opening;
mod power_cuts;
mod upkeep;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::{OpenError, Options, Redb};
use crate::store::changes::Changes;
use crate::store::port::Store;

const NEW: Options = Options { cache_mib: 8, verify_mib: 128, create: true };
const EXISTING: Options = Options { cache_mib: 8, verify_mib: 128, create: false };

/// Without the examination at opening, as it is with a large store.
const UNEXAMINED: Options = Options { cache_mib: 8, verify_mib: 0, create: false };

fn bytes(text: impl AsRef<[u8]>) -> Bytes {
    Bytes::copy_from_slice(text.as_ref())
}

async fn insert(store: &Redb, key: &str, value: &str) {
    let mut changes = Changes::new();
    changes.insert(bytes(key), bytes(value));
    store.commit(changes).await.unwrap();
}

async fn get(store: &Redb, key: &str) -> Option<Bytes> {
    store.read(vec![bytes(key)]).await.unwrap().remove(0)
}

fn refusal(dir: &Path, options: &Options) -> OpenError {
    Redb::open(dir, options).map(drop).unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let store = Arc::new(Redb::open(dir.path(), &NEW).unwrap());
        for earlier in 0..round {
            assert_eq!(get(&store, &format!("round/{earlier}/7")).await, Some(bytes("here")));
        }
        let mut crowd = tokio::task::JoinSet::new();
        for caller in 0..20 {
            let store = Arc::clone(&store);
            crowd.spawn(async move { insert(&store, &format!("round/{round}/{caller}"), "here").await });
        }
        crowd.join_all().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_commits_what_is_queued_and_ends_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Redb::open(dir.path(), &NEW).unwrap();
    let queued: Vec<_> = (0..50).map(|n| format!("queued/{n}")).collect();
    let commits = futures_util::future::join_all(queued.iter().map(|key| insert(&store, key, "here")));
    tokio::join!(commits, store.close());
    assert_eq!(store.health(), crate::store::port::Health::Closed);
    assert_eq!(store.read(vec![bytes("queued/0")]).await.unwrap_err().to_string(), "the store is closed");
    let mut late = Changes::new();
    late.insert(bytes("late"), bytes("1"));
    assert!(store.commit(late).await.is_err());

    let again = Redb::open(dir.path(), &EXISTING).unwrap();
    for key in &queued {
        assert_eq!(get(&again, key).await, Some(bytes("here")), "{key}");
    }
}
