//! The checks every record carries. redb does not notice a flipped bit on an ordinary read; these do.
//!
//! A stored value is 8 bytes of check over its key, 16 bytes of check over key and value, and then the value itself.
//! So an altered value is noticed, a record found under another key than its own as well, and a key can be trusted
//! without reading what may be a long value.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

use crate::base::digest::sha256;
use crate::store::port::{Fault, Value};

const OF_KEY: usize = 8;
const OF_RECORD: usize = 16;

/// What is stored for `value` under `key`.
pub(super) fn wrap(key: &[u8], value: &[u8]) -> Vec<u8> {
    let digest = sha256(key);
    let mut stored = Vec::with_capacity(OF_KEY + OF_RECORD + value.len());
    stored.extend_from_slice(&digest[..OF_KEY]);
    stored.extend_from_slice(&check(&digest, value));
    stored.extend_from_slice(value);
    stored
}

/// The value that was stored under `key`; a fault naming the key when either was altered.
pub(super) fn unwrap<'a>(key: &[u8], stored: &'a [u8]) -> Result<&'a [u8], Fault> {
    let digest = sha256(key);
    let parts =
        stored.split_at_checked(OF_KEY).and_then(|(of_key, rest)| Some((of_key, rest.split_at_checked(OF_RECORD)?)));
    match parts {
        Some((of_key, (of_record, value))) if of_key == &digest[..OF_KEY] && of_record == check(&digest, value) => {
            Ok(value)
        }
        _ => Err(damaged(key)),
    }
}

/// [`unwrap`] into a value of its own.
pub(super) fn unwrap_owned(key: &[u8], stored: &[u8]) -> Result<Value, Fault> {
    unwrap(key, stored).map(Bytes::copy_from_slice)
}

/// Whether a record was stored under `key`, whatever became of its value; a fault naming the key when not.
pub(super) fn trust_key(key: &[u8], stored: &[u8]) -> Result<(), Fault> {
    match stored.get(..OF_KEY) {
        Some(of_key) if of_key == &sha256(key)[..OF_KEY] => Ok(()),
        _ => Err(damaged(key)),
    }
}

fn damaged(key: &[u8]) -> Fault {
    Fault::new(format_args!("the record {} is damaged: it fails its check", key.escape_ascii()))
}

fn check(digest_of_key: &[u8; 32], value: &[u8]) -> [u8; OF_RECORD] {
    let mut context = Context::new(&SHA256);
    // The digest has a fixed length, so nothing of the value can be taken for a part of the key.
    context.update(digest_of_key);
    context.update(value);
    let mut check = [0; OF_RECORD];
    check.copy_from_slice(&context.finish().as_ref()[..OF_RECORD]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_record_is_noticed() {
        let stored = wrap(b"key", b"value");
        assert_eq!(unwrap(b"key", &stored).unwrap(), b"value");
        for bit in 0..stored.len() * 8 {
            let mut altered = stored.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(unwrap(b"key", &altered).is_err(), "bit {bit}");
            assert_eq!(trust_key(b"key", &altered).is_ok(), bit / 8 >= OF_KEY, "bit {bit}");
        }
        for length in 0..stored.len() {
            assert!(unwrap(b"key", &stored[..length]).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn a_record_under_another_key_is_noticed() {
        let stored = wrap(b"key", b"value");
        let fault = unwrap(b"other", &stored).unwrap_err();
        assert_eq!(fault.to_string(), "the record other is damaged: it fails its check");
        assert!(unwrap(b"ke", &stored).is_err());
        assert!(unwrap(b"k", &wrap(b"ke", b"yvalue")).is_err());
        assert!(trust_key(b"key", &stored).is_ok());
        assert!(trust_key(b"kez", &stored).is_err());
    }
}
