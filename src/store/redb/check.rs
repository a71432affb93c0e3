//! The check every record carries. redb does not notice a flipped bit on an ordinary read; this does.
//!
//! A stored value is 16 bytes of check and then the value itself. The check covers the key too, so that a record
//! found under another key than its own is noticed as well.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;

use crate::store::port::{Fault, Value};

/// How many bytes a check takes.
pub(super) const LENGTH: usize = 16;

/// What is stored for `value` under `key`.
pub(super) fn wrap(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(LENGTH + value.len());
    stored.extend_from_slice(&check(key, value));
    stored.extend_from_slice(value);
    stored
}

/// The value that was stored under `key`; a fault naming the key when either was altered.
pub(super) fn unwrap<'a>(key: &[u8], stored: &'a [u8]) -> Result<&'a [u8], Fault> {
    match stored.split_at_checked(LENGTH) {
        Some((found, value)) if found == check(key, value) => Ok(value),
        _ => Err(damaged(key)),
    }
}

/// [`unwrap`] into a value of its own.
pub(super) fn unwrap_owned(key: &[u8], stored: &[u8]) -> Result<Value, Fault> {
    unwrap(key, stored).map(Bytes::copy_from_slice)
}

fn damaged(key: &[u8]) -> Fault {
    Fault::new(format_args!("the record {} is damaged: it fails its check", key.escape_ascii()))
}

fn check(key: &[u8], value: &[u8]) -> [u8; LENGTH] {
    let mut context = Context::new(&SHA256);
    // The key's length keeps "ab"+"c" apart from "a"+"bc".
    context.update(&u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes());
    context.update(key);
    context.update(value);
    let mut check = [0; LENGTH];
    check.copy_from_slice(&context.finish().as_ref()[..LENGTH]);
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
        }
        for length in 0..stored.len() {
            assert!(unwrap(b"key", &stored[..length]).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn a_record_under_another_key_is_noticed() {
        let fault = unwrap(b"other", &wrap(b"key", b"value")).unwrap_err();
        assert_eq!(fault.to_string(), "the record other is damaged: it fails its check");
        assert!(unwrap(b"ke", &wrap(b"key", b"value")).is_err());
        assert!(unwrap(b"k", &wrap(b"ke", b"yvalue")).is_err());
    }
}
