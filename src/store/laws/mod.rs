//! The laws every engine keeps: one suite, run over each of them.
//!
//! [`rules`] hold for one caller, [`crowds`] for many at once, [`histories`] compare long random lives with a model.
//! What only an engine on a disk can keep or break lies beside that engine.

mod crowds;
mod histories;
mod rules;

use std::sync::Arc;

use bytes::Bytes;

use super::memory::Memory;
use super::port::{Key, Order, Refused, Span, Store, Value};
use super::redb::{Options, Redb};

/// A fresh engine, and what must outlive it.
struct Fresh {
    store: Arc<dyn Store>,
    _directory: Option<tempfile::TempDir>,
}

fn memory() -> Fresh {
    Fresh { store: Arc::new(Memory::new()), _directory: None }
}

fn redb() -> Fresh {
    let directory = tempfile::tempdir().unwrap();
    let store = Redb::open(directory.path(), &Options { create: true, ..Options::default() }).unwrap();
    Fresh { store: Arc::new(store), _directory: Some(directory) }
}

/// Makes a test of each law for each engine.
macro_rules! every_engine_keeps {
    ($($home:ident :: { $($law:ident),+ $(,)? }),+ $(,)?) => {
        mod in_memory {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $law() { let fresh = super::memory(); super::$home::$law(&fresh.store).await; })+)+
        }
        mod in_redb {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $law() { let fresh = super::redb(); super::$home::$law(&fresh.store).await; })+)+
        }
    };
}

every_engine_keeps! {
    rules::{
        answers_come_in_the_order_of_the_keys,
        an_empty_value_is_not_absence,
        a_span_is_walked_in_order_from_either_end,
        a_span_without_room_holds_nothing,
        expectations_decide,
        a_refused_batch_leaves_no_trace,
        a_contradiction_is_never_committed,
        a_key_that_changed_between_two_looks_is_a_conflict,
        what_is_too_large_is_never_committed,
        a_batch_that_only_expects_writes_nothing,
    },
    crowds::{
        one_of_sixty_four_wins,
        nobody_sees_half_a_batch,
        every_increment_counts,
    },
    histories::{
        random_histories_agree_with_a_model,
    },
}

fn bytes(text: impl AsRef<[u8]>) -> Bytes {
    Bytes::copy_from_slice(text.as_ref())
}

async fn get(store: &Arc<dyn Store>, key: impl AsRef<[u8]>) -> Option<Value> {
    store.read(vec![bytes(key)]).await.unwrap().remove(0)
}

async fn everything(store: &Arc<dyn Store>) -> Vec<(Key, Value)> {
    let all = Span { start: bytes(""), end: bytes([0xFF; 64]) };
    store.walk(all, Order::Ascending, usize::MAX).await.unwrap()
}

#[track_caller]
fn conflict_at(verdict: Result<(), Refused>, key: &str) {
    match verdict {
        Err(Refused::Conflict(found)) => assert_eq!(found, bytes(key)),
        other => panic!("expected a conflict at {key}, got {other:?}"),
    }
}

#[track_caller]
fn fault(verdict: Result<(), Refused>) -> String {
    match verdict {
        Err(Refused::Fault(fault)) => fault.to_string(),
        other => panic!("expected a fault, got {other:?}"),
    }
}
