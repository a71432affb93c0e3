//! Laws for one caller: order, expectations, all or nothing.

use std::sync::Arc;

use super::{bytes, conflict_at, everything, fault, get};
use crate::store::changes::Changes;
use crate::store::port::{LONGEST_KEY, LONGEST_VALUE, Order, Span, Store};

type Engine = Arc<dyn Store>;

async fn put(store: &Engine, entries: &[(&str, &str)]) {
    let mut changes = Changes::new();
    for (key, value) in entries {
        changes.insert(bytes(key), bytes(value));
    }
    store.commit(changes).await.unwrap();
}

pub async fn answers_come_in_the_order_of_the_keys(store: &Engine) {
    put(store, &[("a", "1"), ("b", "2"), ("c", "3")]).await;
    let keys = ["c", "nothing", "a", "c"].map(bytes).to_vec();
    let expected = [Some(bytes("3")), None, Some(bytes("1")), Some(bytes("3"))];
    assert_eq!(store.read(keys).await.unwrap(), expected);
    assert!(store.read(Vec::new()).await.unwrap().is_empty());
}

pub async fn an_empty_value_is_not_absence(store: &Engine) {
    put(store, &[("a", "")]).await;
    assert_eq!(get(store, "a").await, Some(bytes("")));
    let mut again = Changes::new();
    again.insert(bytes("a"), bytes("1"));
    conflict_at(store.commit(again).await, "a");
}

pub async fn a_span_is_walked_in_order_from_either_end(store: &Engine) {
    put(store, &[("s/b", "2"), ("r", "0"), ("s/a", "1"), ("s0", "4"), ("s/\u{ff}", "3"), ("s/", "0")]).await;
    let walk = async |order, limit| {
        let met = store.walk(Span::of_prefix(b"s/"), order, limit).await.unwrap();
        met.into_iter().map(|(key, _)| String::from_utf8(key.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(walk(Order::Ascending, 9).await, ["s/", "s/a", "s/b", "s/\u{ff}"]);
    assert_eq!(walk(Order::Ascending, 2).await, ["s/", "s/a"]);
    assert_eq!(walk(Order::Descending, 9).await, ["s/\u{ff}", "s/b", "s/a", "s/"]);
    assert_eq!(walk(Order::Descending, 2).await, ["s/\u{ff}", "s/b"]);
    assert!(walk(Order::Ascending, 0).await.is_empty());
    let (start, end) = (bytes("s/a"), bytes("s/b"));
    let met = store.walk(Span { start, end }, Order::Descending, 9).await.unwrap();
    assert_eq!(met, [(bytes("s/a"), bytes("1"))], "the start is included, the end is not");
}

pub async fn a_span_without_room_holds_nothing(store: &Engine) {
    put(store, &[("a", "1"), ("b", "2")]).await;
    for (start, end) in [("a", "a"), ("b", "a"), ("c", "d")] {
        for order in [Order::Ascending, Order::Descending] {
            let span = Span { start: bytes(start), end: bytes(end) };
            assert!(store.walk(span, order, 9).await.unwrap().is_empty(), "{start}..{end}");
        }
    }
}

pub async fn expectations_decide(store: &Engine) {
    put(store, &[("a", "1")]).await;
    let batch = |state: &dyn Fn(&mut Changes)| {
        let mut changes = Changes::new();
        state(&mut changes);
        store.commit(changes)
    };
    let (a, b, one, two) = (bytes("a"), bytes("b"), bytes("1"), bytes("2"));
    conflict_at(batch(&|c| _ = c.insert(a.clone(), two.clone())).await, "a");
    conflict_at(batch(&|c| _ = c.replace(a.clone(), two.clone(), one.clone())).await, "a");
    conflict_at(batch(&|c| _ = c.replace(b.clone(), one.clone(), two.clone())).await, "b");
    conflict_at(batch(&|c| _ = c.remove(a.clone(), two.clone())).await, "a");
    conflict_at(batch(&|c| _ = c.remove(b.clone(), one.clone())).await, "b");
    conflict_at(batch(&|c| _ = c.require(a.clone(), None)).await, "a");
    conflict_at(batch(&|c| _ = c.require(b.clone(), Some(one.clone()))).await, "b");
    assert_eq!(everything(store).await, [(a.clone(), one.clone())]);

    batch(&|c| _ = c.replace(a.clone(), one.clone(), two.clone()).require(b.clone(), None)).await.unwrap();
    assert_eq!(get(store, "a").await, Some(two.clone()));
    batch(&|c| _ = c.remove(a.clone(), two.clone()).insert(b.clone(), one.clone())).await.unwrap();
    assert_eq!(everything(store).await, [(b.clone(), one.clone())]);
}

pub async fn a_refused_batch_leaves_no_trace(store: &Engine) {
    put(store, &[("b", "1"), ("d", "1")]).await;
    let before = everything(store).await;
    let mut changes = Changes::new();
    // The broken expectation is met last: whatever writes before it checks would have written by then.
    changes.insert(bytes("a"), bytes("1"));
    changes.replace(bytes("b"), bytes("1"), bytes("2"));
    changes.remove(bytes("d"), bytes("1"));
    changes.replace(bytes("e"), bytes("not there"), bytes("2"));
    conflict_at(store.commit(changes).await, "e");
    assert_eq!(everything(store).await, before);
}

pub async fn a_contradiction_is_never_committed(store: &Engine) {
    put(store, &[("a", "1")]).await;
    let before = everything(store).await;
    let mut twice = Changes::new();
    twice.insert(bytes("0"), bytes("1"));
    twice.replace(bytes("a"), bytes("1"), bytes("2")).replace(bytes("a"), bytes("1"), bytes("3"));
    assert_eq!(fault(store.commit(twice).await), "contradictory changes to a");
    let mut moved = Changes::new();
    moved.remove(bytes("a"), bytes("1")).insert(bytes("a"), bytes("2"));
    assert_eq!(fault(store.commit(moved).await), "contradictory changes to a");
    assert_eq!(everything(store).await, before);
}

pub async fn a_key_that_changed_between_two_looks_is_a_conflict(store: &Engine) {
    put(store, &[("a", "1")]).await;
    let before = everything(store).await;
    let mut either = Changes::new();
    either.insert(bytes("0"), bytes("1"));
    either.require(bytes("b"), None).require(bytes("b"), Some(bytes("1")));
    conflict_at(store.commit(either).await, "b");
    let mut written = Changes::new();
    written.require(bytes("a"), None).replace(bytes("a"), bytes("1"), bytes("2"));
    conflict_at(store.commit(written).await, "a");
    let mut first = Changes::new();
    first.replace(bytes("a"), bytes("1"), bytes("2"));
    let mut second = Changes::new();
    second.require(bytes("a"), Some(bytes("0")));
    first.extend(second);
    conflict_at(store.commit(first).await, "a");
    assert_eq!(everything(store).await, before);
}

pub async fn what_is_too_large_is_never_committed(store: &Engine) {
    let mut changes = Changes::new();
    changes.insert(bytes("a"), bytes("1")).insert(bytes("b".repeat(LONGEST_KEY + 1)), bytes("1"));
    fault(store.commit(changes).await);
    let mut changes = Changes::new();
    changes.insert(bytes("a"), bytes("1")).insert(bytes("b"), vec![0; LONGEST_VALUE + 1].into());
    fault(store.commit(changes).await);
    assert!(everything(store).await.is_empty());
    let mut changes = Changes::new();
    changes.insert(bytes("b".repeat(LONGEST_KEY)), vec![7; 70_000].into());
    store.commit(changes).await.unwrap();
    assert_eq!(get(store, "b".repeat(LONGEST_KEY)).await, Some(vec![7; 70_000].into()));
}

pub async fn a_batch_that_only_expects_writes_nothing(store: &Engine) {
    store.commit(Changes::new()).await.unwrap();
    let mut changes = Changes::new();
    changes.require(bytes("a"), None);
    store.commit(changes).await.unwrap();
    assert!(everything(store).await.is_empty());
}
