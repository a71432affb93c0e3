//! The store of a story: in memory, with yields between its answers so that a crowd mixes, and faults on demand.

use std::sync::atomic::{AtomicU8, Ordering};

use countersign::store::memory::Memory;
use countersign::store::{Answer, Changes, Fault, Key, Order, Refused, Span, Store, Value};

/// A store that can be made to fail.
#[derive(Default)]
pub struct Cellar {
    memory: Memory,
    trouble: AtomicU8,
}

const NO_WRITES: u8 = 1;
const NOTHING: u8 = 2;

impl Cellar {
    /// One that holds what `entries` say.
    pub async fn holding(entries: Vec<(Key, Value)>) -> Cellar {
        let cellar = Cellar::default();
        let mut changes = Changes::new();
        for (key, value) in entries {
            changes.insert(key, value);
        }
        cellar.memory.commit(changes).await.expect("an empty store takes anything");
        cellar
    }

    /// Everything it holds.
    pub async fn everything(&self) -> Vec<(Key, Value)> {
        let all = Span { start: Key::new(), end: vec![u8::MAX; 64].into() };
        self.memory.walk(all, Order::Ascending, usize::MAX).await.expect("memory answers")
    }

    /// From now on every commit fails.
    pub fn refuses_writes(&self) {
        self.trouble.store(NO_WRITES, Ordering::SeqCst);
    }

    /// From now on nothing is answered at all.
    pub fn is_gone(&self) {
        self.trouble.store(NOTHING, Ordering::SeqCst);
    }

    /// All is well again.
    pub fn recovers(&self) {
        self.trouble.store(0, Ordering::SeqCst);
    }

    /// Lets others go first, then says whether this still works.
    async fn may(&self, worst: u8) -> Result<(), Fault> {
        tokio::task::yield_now().await;
        if self.trouble.load(Ordering::SeqCst) > worst { Err(Fault::new("the disk is gone")) } else { Ok(()) }
    }
}

impl Store for Cellar {
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>> {
        Box::pin(async {
            self.may(NO_WRITES).await?;
            self.memory.read(keys).await
        })
    }

    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>> {
        Box::pin(async move {
            self.may(NO_WRITES).await?;
            self.memory.walk(span, order, limit).await
        })
    }

    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>> {
        Box::pin(async {
            self.may(0).await.map_err(Refused::Fault)?;
            self.memory.commit(changes).await
        })
    }
}
