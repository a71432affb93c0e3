//! What holds when the disk fails while the store is open.

use std::time::Duration;

use super::disk::{Disk, Trouble};
use super::{Redb, bytes, get, insert};
use crate::store::changes::Changes;
use crate::store::port::{Health, Refused, Store};

async fn try_insert(store: &Redb, key: &str, value: Vec<u8>) -> Result<(), Refused> {
    let mut changes = Changes::new();
    changes.insert(bytes(key), value.into());
    store.commit(changes).await
}

async fn recovered(store: &Redb) {
    let sound = async {
        while store.health() != Health::Sound {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), sound).await.expect("the store recovers by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_writes_only_and_only_while_it_is_full() {
    let disk = Disk::with_store();
    let (store, _directory) = disk.store();
    let mut acknowledged = Vec::new();
    for n in 0..20 {
        insert(&store, &format!("before/{n}"), "here").await;
        acknowledged.push(format!("before/{n}"));
    }
    disk.suffers(Trouble::Full);
    let (mut refused, mut said) = (0, false);
    for n in 0..40 {
        let key = format!("during/{n}");
        match try_insert(&store, &key, vec![b'x'; 30_000]).await {
            Ok(()) => acknowledged.push(key),
            Err(Refused::Fault(fault)) => {
                refused += 1;
                assert_eq!(fault.to_string(), "the disk is full");
                said |= store.health() == Health::Degraded { reason: "the disk is full".into() };
            }
            Err(conflict) => panic!("{conflict}"),
        }
        for key in &acknowledged {
            assert!(get(&store, key).await.is_some(), "{key} is read while the disk is full");
        }
    }
    assert!(refused > 0 && said);

    disk.suffers(Trouble::None);
    recovered(&store).await;
    insert(&store, "after", "here").await;
    drop(store);
    let (store, _directory) = Disk::of(disk.image()).store();
    for key in acknowledged.iter().map(String::as_str).chain(["after"]) {
        assert!(get(&store, key).await.is_some(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_expects_asks_nothing_of_the_disk() {
    let disk = Disk::with_store();
    let (store, _directory) = disk.store();
    insert(&store, "key", "value").await;
    disk.suffers(Trouble::Full);
    for n in 0..40 {
        let _ = try_insert(&store, &format!("during/{n}"), vec![b'x'; 30_000]).await;
        let (mut so, mut otherwise) = (Changes::new(), Changes::new());
        so.require(bytes("key"), Some(bytes("value"))).require(bytes("nothing"), None);
        otherwise.require(bytes("key"), Some(bytes("another")));
        store.commit(so).await.expect("it needs no write");
        assert!(matches!(store.commit(otherwise).await, Err(Refused::Conflict(key)) if key == "key"));
    }
    assert_ne!(store.health(), Health::Sound, "writes were refused all the while");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_while_the_disk_is_broken() {
    let disk = Disk::with_store();
    let (store, _directory) = disk.store();
    insert(&store, "before", "here").await;
    disk.suffers(Trouble::Broken);
    for n in 0..3 {
        let verdict = try_insert(&store, &format!("during/{n}"), b"here".to_vec()).await;
        assert!(matches!(verdict, Err(Refused::Fault(_))), "{verdict:?}");
    }
    let Health::Degraded { reason } = store.health() else { panic!("it says that it is sound") };
    assert!(reason.contains("the disk is broken"), "{reason}");
    disk.suffers(Trouble::None);
    recovered(&store).await;
    assert_eq!(get(&store, "before").await, Some(bytes("here")));
    insert(&store, "after", "here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_failed_read_does_not_end_all_reading() {
    let disk = Disk::with_store();
    let (store, _directory) = disk.store();
    insert(&store, "key", "value").await;
    for _ in 0..3 {
        disk.suffers(Trouble::OneRead);
        assert_eq!(get(&store, "key").await, Some(bytes("value")));
        recovered(&store).await;
    }
    insert(&store, "another", "value").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_call_fails_nothing_acknowledged_is_lost() {
    let mut failures = 0;
    for lost in 0..60 {
        let disk = Disk::with_store();
        let (store, _directory) = disk.store();
        insert(&store, "before", "here").await;
        disk.suffers(Trouble::Call(lost));
        let mut acknowledged = vec!["before".to_owned()];
        for n in 0..4 {
            let key = format!("during/{n}");
            match try_insert(&store, &key, vec![b'x'; 6_000]).await {
                Ok(()) => acknowledged.push(key),
                Err(Refused::Fault(_)) => failures += 1,
                Err(conflict) => panic!("{conflict}"),
            }
            for key in &acknowledged {
                assert!(get(&store, key).await.is_some(), "call {lost}: {key}");
            }
        }
        if disk.trouble() != Trouble::None {
            break;
        }
        recovered(&store).await;
        insert(&store, "after", "here").await;
        drop(store);
        let (store, _directory) = Disk::of(disk.image()).store();
        for key in acknowledged.iter().map(String::as_str).chain(["after"]) {
            assert!(get(&store, key).await.is_some(), "call {lost}: {key} after reopening");
        }
    }
    assert!(failures > 10, "only {failures} failures were met");
}
