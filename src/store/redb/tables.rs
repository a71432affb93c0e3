//! What lies in the file: every record in one table, and a few words about the file itself in another.

use std::collections::BTreeMap;

use ::redb::{
    Database, Durability, Error, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction,
};

use super::check;

/// Every record: key → check and value.
pub(super) const RECORDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("records");
/// What the file says of itself: name → check and value.
pub(super) const ABOUT: TableDefinition<&str, &[u8]> = TableDefinition::new("about");

/// The entry of [`ABOUT`] that tells our files from others.
pub(super) const FORMAT: &str = "format";
/// What [`FORMAT`] holds.
pub(super) const OUR_FORMAT: &[u8] = b"countersign store";
/// The entry of [`ABOUT`] with the schema number, in decimal.
pub(super) const SCHEMA: &str = "schema";
/// The schema this program writes and the newest it reads.
pub(super) const OUR_SCHEMA: u32 = 1;
/// The entry of [`ABOUT`] that is rewritten to find out whether the disk takes writes again.
pub(super) const PROBE: &str = "probe";

/// A write transaction as all of ours are: durable, two-phase, with quick repair, so that a restart after a crash
/// takes milliseconds whatever the file's size, and an altered commit slot is never mistaken for a crash.
pub(super) fn begin_write(database: &Database) -> Result<WriteTransaction, Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Writes down what a new file is.
pub(super) fn introduce(database: &Database) -> Result<(), Error> {
    let transaction = begin_write(database)?;
    {
        let mut about = transaction.open_table(ABOUT)?;
        let schema = OUR_SCHEMA.to_string();
        for (name, word) in [(FORMAT, OUR_FORMAT), (SCHEMA, schema.as_bytes())] {
            about.insert(name, check::wrap(name.as_bytes(), word).as_slice())?;
        }
        transaction.open_table(RECORDS)?;
    }
    Ok(transaction.commit()?)
}

/// What the file says of itself, as stored; `None` when it has none of our tables.
pub(super) fn about(database: &Database) -> Result<Option<BTreeMap<String, Vec<u8>>>, Error> {
    let transaction = database.begin_read()?;
    let about = match transaction.open_table(ABOUT) {
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => return Ok(None),
        about => about?,
    };
    match transaction.open_table(RECORDS) {
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => return Ok(None),
        records => drop(records?),
    }
    let mut words = BTreeMap::new();
    for row in about.iter()? {
        let (name, word) = row?;
        words.insert(name.value().to_owned(), word.value().to_owned());
    }
    Ok(Some(words))
}
