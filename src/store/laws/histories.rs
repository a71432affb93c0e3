//! Long random lives, compared with a model that is too simple to be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::everything;
use crate::store::changes::{Changes, Write};
use crate::store::port::{Key, Order, Refused, Span, Store, Value};

type Engine = Arc<dyn Store>;
type Model = BTreeMap<Key, Value>;

/// One act of a life. Keys and values are few, so that acts meet.
#[derive(Clone, Debug)]
enum Act {
    Commit(Vec<Statement>),
    Walk(Key, Key, Order, usize),
    Read(Vec<Key>),
}

/// What a batch states of a key: mostly the truth, sometimes not.
#[derive(Clone, Debug)]
struct Statement {
    key: Key,
    write: Option<Option<Value>>,
    lie: Option<Value>,
}

fn key() -> impl Strategy<Value = Key> {
    proptest::collection::vec(0u8..4, 0..4).prop_map(Key::from)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::from),
        1 => (any::<u8>(), 0usize..20_000).prop_map(|(byte, length)| vec![byte; length].into()),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    let write = prop_oneof![
        1 => Just(None),
        2 => Just(Some(None)),
        5 => value().prop_map(|value| Some(Some(value))),
    ];
    let lie = prop_oneof![19 => Just(None), 1 => value().prop_map(Some)];
    (key(), write, lie).prop_map(|(key, write, lie)| Statement { key, write, lie })
}

fn act() -> impl Strategy<Value = Act> {
    let order = prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    prop_oneof![
        3 => proptest::collection::vec(statement(), 0..6).prop_map(Act::Commit),
        1 => (key(), key(), order, 0usize..20).prop_map(|(start, end, order, limit)| Act::Walk(start, end, order, limit)),
        1 => proptest::collection::vec(key(), 0..6).prop_map(Act::Read),
    ]
}

pub async fn random_histories_agree_with_a_model(store: &Engine) {
    // One long life each time, another one each run; a failure prints it whole.
    let mut runner = TestRunner::new(Config::default());
    let life = proptest::collection::vec(act(), 400).new_tree(&mut runner).unwrap().current();
    let mut model = Model::new();
    for (turn, act) in life.iter().enumerate() {
        live(store, &mut model, act).await.unwrap_or_else(|why| panic!("turn {turn}: {why}\n{:#?}", &life[..=turn]));
    }
    assert_eq!(everything(store).await, model.into_iter().collect::<Vec<_>>());
}

async fn live(store: &Engine, model: &mut Model, act: &Act) -> Result<(), String> {
    match act {
        Act::Commit(statements) => {
            let changes = batch(model, statements);
            let expected = foretell(model, &changes);
            let verdict = match store.commit(changes).await {
                Ok(()) => "done".to_owned(),
                Err(Refused::Conflict(key)) => format!("conflict at {key:?}"),
                Err(Refused::Fault(_)) => "fault".to_owned(),
            };
            agree(&verdict, &expected)
        }
        Act::Walk(start, end, order, limit) => {
            let span = Span { start: start.clone(), end: end.clone() };
            let met = store.walk(span, *order, *limit).await.map_err(|fault| fault.to_string())?;
            let mut expected: Vec<_> = model.iter().filter(|(key, _)| *start <= **key && **key < *end).collect();
            if *order == Order::Descending {
                expected.reverse();
            }
            expected.truncate(*limit);
            agree(&met, &expected.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        Act::Read(keys) => {
            let found = store.read(keys.clone()).await.map_err(|fault| fault.to_string())?;
            agree(&found, &keys.iter().map(|key| model.get(key).cloned()).collect())
        }
    }
}

fn agree<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("found {found:?}, expected {expected:?}")) }
}

fn batch(model: &Model, statements: &[Statement]) -> Changes {
    let mut changes = Changes::new();
    for Statement { key, write, lie } in statements {
        let was = lie.clone().or_else(|| model.get(key).cloned());
        match (write, was) {
            (None, was) => changes.require(key.clone(), was),
            (Some(None), Some(was)) => changes.remove(key.clone(), was),
            (Some(None), None) => changes.require(key.clone(), None),
            (Some(Some(now)), Some(was)) => changes.replace(key.clone(), was, now.clone()),
            (Some(Some(now)), None) => changes.insert(key.clone(), now.clone()),
        };
    }
    changes
}

/// What a store must answer; when it is "done", the model has done it too.
fn foretell(model: &mut Model, changes: &Changes) -> String {
    if changes.contradiction().is_some() {
        return "fault".to_owned();
    }
    if let Some(key) = changes.torn() {
        return format!("conflict at {key:?}");
    }
    for (key, entry) in changes.entries() {
        if model.get(key) != entry.expected.as_ref() {
            return format!("conflict at {key:?}");
        }
    }
    for (key, entry) in changes.entries() {
        match &entry.write {
            Write::Nothing => {}
            Write::Put(value) => drop(model.insert(key.clone(), value.clone())),
            Write::Remove => drop(model.remove(key)),
        }
    }
    "done".to_owned()
}
