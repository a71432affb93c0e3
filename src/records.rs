//! The whole data layout on one page: each record, its key, its secondary keys, and when it may be swept.
//!
//! | keys | hold |
//! |---|---|
//! | `client/<id>` | a record: one version digit, then JSON |
//! | `client.key/<value>` | uniqueness: the id of the one record that has this value |
//! | `grant:user/<value>\0<id>` | a secondary look-up: the records that have this value, in order of their ids |
//! | `~<ten digits of time>/<record key>` | expiry: what maintenance may delete after that moment |
//!
//! The secondary keys follow from the record alone ([`Record::unique`], [`Record::indexes`], [`Record::expires_at`]), and
//! [`RecordChanges`] keeps them in step inside the same batch. Expiry is always checked on read as well; sweeping only
//! frees space.

mod batch;
mod examine;
mod layout;
mod ledger;

pub use batch::RecordChanges;
pub use examine::Examination;
pub use ledger::{Kept, Ledger, Page};

use serde::{Serialize, de::DeserializeOwned};

use crate::base::clock::Timestamp;

/// A noun that is kept.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Its name: the first half of its key.
    const NAME: &'static str;
    /// The version of its encoding.
    const VERSION: u8 = 1;

    /// The second half of its key.
    fn id(&self) -> String;

    /// Values that no other record of this name may have: `(look-up, value)`.
    fn unique(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Values it can be found by together with others: `(look-up, value)`.
    fn indexes(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// When maintenance may delete it.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}
