//! An engine over a redb file.
