//! Examining, copying, restoring.

use std::fs;

use super::{EXISTING, NEW, OpenError, Redb, bytes, get, insert};
use crate::store::changes::Changes;
use crate::store::port::Store;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_in_use_is_whole_and_can_be_restored() {
    let dir = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(Redb::open(&dir.path().join("first"), &NEW).unwrap());
    for n in 0..1200 {
        let mut changes = Changes::new();
        changes.insert(bytes(format!("pair/{n:04}/a")), bytes("1")).insert(bytes(format!("pair/{n:04}/b")), bytes("1"));
        store.commit(changes).await.unwrap();
        if n == 0 {
            assert!(store.survey().await.unwrap().is_sound());
        }
        if n % 100 == 50 {
            break;
        }
    }
    let going_on = tokio::spawn({
        let store = std::sync::Arc::clone(&store);
        async move {
            for n in 0..20 {
                insert(&store, &format!("later/{n}"), "here").await;
            }
        }
    });
    let copy = dir.path().join("copy.redb");
    let copied = store.copy_to(&copy).await.unwrap();
    going_on.await.unwrap();
    assert!(copied.records >= 102);
    let refused = store.copy_to(&copy).await.unwrap_err().to_string();
    assert!(refused.contains("exists already"), "{refused}");

    let second = dir.path().join("second");
    assert_eq!(Redb::restore(&copy, &second, 8).unwrap(), copied);
    assert!(matches!(Redb::restore(&copy, &second, 8), Err(OpenError::Io { .. })), "a store is never replaced");
    let restored = Redb::open(&second, &EXISTING).unwrap();
    assert_eq!(get(&restored, "pair/0050/b").await, Some(bytes("1")));
    assert_eq!(restored.survey().await.unwrap(), copied);
    drop(restored);
    fs::remove_file(second.join("store.redb")).unwrap();
    assert!(matches!(Redb::open(&second, &NEW), Err(OpenError::Gone { .. })));
    Redb::restore(&copy, &second, 8).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_examination_names_damaged_records_and_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Redb::verify(dir.path(), 8), Err(OpenError::Missing { .. })));
    let store = Redb::open(dir.path(), &NEW).unwrap();
    for n in 0..30 {
        insert(&store, &format!("user/{n}"), &format!("value of {n} that is looked for")).await;
    }
    assert!(matches!(Redb::verify(dir.path(), 8), Err(OpenError::Held { by: Some(_), .. })));
    drop(store);
    let report = Redb::verify(dir.path(), 8).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.records, 30);

    let path = dir.path().join("store.redb");
    let mut content = fs::read(&path).unwrap();
    let words = b"value of 17 that is looked for";
    for at in 0..content.len() - words.len() {
        if content[at..].starts_with(words) {
            content[at + 9] = b'9';
        }
    }
    fs::write(&path, &content).unwrap();
    let report = Redb::verify(dir.path(), 8).unwrap();
    assert_eq!(report.damaged, [bytes("user/17")]);
    assert!(report.pages.is_some() && report.records == 30, "{report:?}");
    assert!(fs::read(&path).unwrap() == content, "the file is left as it is");

    let refused = Redb::open(dir.path(), &EXISTING).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
    let store = Redb::open(dir.path(), &super::UNEXAMINED).unwrap();
    let fault = store.read(vec![bytes("user/17")]).await.unwrap_err().to_string();
    assert_eq!(fault, "the record user/17 is damaged: it fails its check");
    assert_eq!(get(&store, "user/16").await, Some(bytes("value of 16 that is looked for")));
    let fault = store.copy_to(&dir.path().join("copy")).await.unwrap_err().to_string();
    assert_eq!(fault, "the record user/17 is damaged");
    assert!(!dir.path().join("copy").exists() && !dir.path().join("copy.unfinished").exists());
}
