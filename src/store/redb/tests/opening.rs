//! What is opened, what is refused, and that nothing is ever replaced.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use ::redb::{Database, TableDefinition};
use tempfile::TempDir;

use super::super::{check, tables};
use super::{EXISTING, NEW, OpenError, Redb, bytes, get, insert, refusal};

/// A data directory whose store holds one record.
async fn lived_in() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    insert(&Redb::open(dir.path(), &NEW).unwrap(), "key", "value").await;
    let path = dir.path().join("store.redb");
    (dir, path)
}

#[test]
fn a_store_is_created_only_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("deep/data");
    assert!(matches!(refusal(&data, &EXISTING), OpenError::Missing { .. }));
    assert!(!data.exists(), "asking leaves nothing behind");
    fs::create_dir_all(&data).unwrap();
    assert!(matches!(refusal(&data, &EXISTING), OpenError::Missing { .. }));
    drop(Redb::open(&data, &NEW).unwrap());
    drop(Redb::open(&data, &EXISTING).unwrap());
}

#[test]
fn only_the_owner_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    drop(Redb::open(&data, &NEW).unwrap());
    let mode = |path: &str| fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("."), 0o700);
    for file in ["store.redb", "store.lock", "store.initialised"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

#[tokio::test]
async fn an_emptied_file_is_refused_and_stays() {
    let (dir, path) = lived_in().await;
    fs::write(&path, "").unwrap();
    assert!(matches!(refusal(dir.path(), &NEW), OpenError::Empty { .. }));
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[tokio::test]
async fn a_deleted_file_is_not_made_anew() {
    let (dir, path) = lived_in().await;
    fs::remove_file(&path).unwrap();
    let gone = refusal(dir.path(), &NEW);
    assert!(matches!(gone, OpenError::Gone { .. }));
    assert!(gone.to_string().contains("store.initialised"), "{gone}");
    assert!(!path.exists());
    fs::remove_file(dir.path().join("store.initialised")).unwrap();
    drop(Redb::open(dir.path(), &NEW).unwrap());
}

#[test]
fn another_programs_file_is_refused_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    for content in [&b"x"[..], b"SQLite format 3\0 and so on", &[0; 8192]] {
        fs::write(&path, content).unwrap();
        assert!(matches!(refusal(dir.path(), &NEW), OpenError::Foreign { .. }));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    let theirs = Database::create(&path).unwrap();
    let transaction = theirs.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).unwrap();
    transaction.commit().unwrap();
    drop(theirs);
    assert!(matches!(refusal(dir.path(), &NEW), OpenError::Foreign { .. }));
}

#[tokio::test]
async fn a_file_cut_short_is_refused_and_stays() {
    let (dir, path) = lived_in().await;
    let whole = fs::read(&path).unwrap();
    for length in [9, 100, 320, 4096, 5000, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let refused = refusal(dir.path(), &NEW);
        assert!(matches!(refused, OpenError::Damaged { .. }), "{length}: {refused}");
        assert_eq!(fs::metadata(&path).unwrap().len(), length as u64, "{refused}");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_name() {
    let (dir, path) = lived_in().await;
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let newer = check::wrap(tables::SCHEMA.as_bytes(), b"7");
    transaction.open_table(tables::ABOUT).unwrap().insert(tables::SCHEMA, newer.as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let refused = refusal(dir.path(), &NEW);
    assert!(matches!(refused, OpenError::NewerSchema { found: 7, known: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("was written with schema 7, and this program knows schemas up to 1"));
}

#[tokio::test]
async fn a_second_open_is_refused_and_names_the_holder() {
    let (dir, path) = lived_in().await;
    let first = Redb::open(dir.path(), &EXISTING).unwrap();
    let refused = refusal(dir.path(), &EXISTING).to_string();
    assert!(refused.contains(&format!("in use by process {} since 2", std::process::id())), "{refused}");
    assert_eq!(get(&first, "key").await, Some(bytes("value")));
    drop(first);

    // Somebody who opened the file without our lock.
    let theirs = Database::open(&path).unwrap();
    let refused = refusal(dir.path(), &EXISTING);
    assert!(matches!(refused, OpenError::Held { by: None, .. }), "{refused}");
    drop(theirs);
    drop(Redb::open(dir.path(), &EXISTING).unwrap());
}

#[test]
fn a_creation_cut_off_half_way_does_not_stand_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    for left in [&b""[..], b"redb\x1a\x0a\xa9\x0d\x0a and no more"] {
        fs::write(dir.path().join("store.redb.unfinished"), left).unwrap();
        drop(Redb::open(dir.path(), &NEW).unwrap());
        assert!(!dir.path().join("store.redb.unfinished").exists());
        // A crash before the marker was written: opening writes it.
        fs::remove_file(dir.path().join("store.initialised")).unwrap();
        drop(Redb::open(dir.path(), &EXISTING).unwrap());
        assert!(dir.path().join("store.initialised").exists());
        fs::remove_file(dir.path().join("store.initialised")).unwrap();
        fs::remove_file(dir.path().join("store.redb")).unwrap();
    }
}
