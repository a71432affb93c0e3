//! Laws for many callers at once.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{bytes, everything, get};
use crate::store::changes::Changes;
use crate::store::port::{Order, Refused, Span, Store};

type Engine = Arc<dyn Store>;

pub async fn one_of_sixty_four_wins(store: &Engine) {
    for round in 0..20 {
        let code = bytes(format!("code/{round}"));
        let mut changes = Changes::new();
        changes.insert(code.clone(), bytes("live"));
        store.commit(changes).await.unwrap();

        let (start, mut crowd) = (Arc::new(Barrier::new(64)), JoinSet::new());
        for caller in 0..64 {
            let (store, start, code) = (Arc::clone(store), Arc::clone(&start), code.clone());
            crowd.spawn(async move {
                let seen = get(&store, &code).await.unwrap();
                start.wait().await;
                let mut changes = Changes::new();
                changes.replace(code, seen, bytes("spent"));
                changes.insert(bytes(format!("token/{round}/{caller}")), bytes("token"));
                store.commit(changes).await
            });
        }
        let verdicts = crowd.join_all().await;
        assert_eq!(verdicts.iter().filter(|verdict| verdict.is_ok()).count(), 1);
        let conflicts = verdicts.iter().filter(|verdict| matches!(verdict, Err(Refused::Conflict(_)))).count();
        assert_eq!(conflicts, 63);
        let tokens = Span::of_prefix(format!("token/{round}/").as_bytes());
        assert_eq!(store.walk(tokens, Order::Ascending, 64).await.unwrap().len(), 1, "the losers left no trace");
    }
}

pub async fn nobody_sees_half_a_batch(store: &Engine) {
    let set = |was: Option<u32>, now: u32| {
        let mut changes = Changes::new();
        for key in ["left", "right"] {
            let value = bytes(now.to_string());
            match was {
                None => changes.insert(bytes(key), value),
                Some(was) => changes.replace(bytes(key), bytes(was.to_string()), value),
            };
        }
        changes
    };
    store.commit(set(None, 0)).await.unwrap();
    let writer = tokio::spawn({
        let store = Arc::clone(store);
        async move {
            for turn in 0..50 {
                store.commit(set(Some(turn), turn + 1)).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    while !writer.is_finished() {
        let both = store.read(vec![bytes("left"), bytes("right")]).await.unwrap();
        assert_eq!(both[0], both[1]);
        let walked = everything(store).await;
        assert_eq!(walked[0].1, walked[1].1);
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert_eq!(get(store, "left").await, Some(bytes("50")));
}

pub async fn every_increment_counts(store: &Engine) {
    let mut crowd = JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(store);
        crowd.spawn(async move {
            for _ in 0..5 {
                while !increment(&store).await {}
            }
        });
    }
    crowd.join_all().await;
    assert_eq!(get(store, "counter").await, Some(bytes("80")));
}

async fn increment(store: &Engine) -> bool {
    let was = get(store, "counter").await;
    let now = was.as_ref().map_or(1, |was| std::str::from_utf8(was).unwrap().parse::<u32>().unwrap() + 1);
    let mut changes = Changes::new();
    match was {
        None => changes.insert(bytes("counter"), bytes(now.to_string())),
        Some(was) => changes.replace(bytes("counter"), was, bytes(now.to_string())),
    };
    match store.commit(changes).await {
        Ok(()) => true,
        Err(Refused::Conflict(_)) => false,
        Err(Refused::Fault(fault)) => panic!("{fault}"),
    }
}
