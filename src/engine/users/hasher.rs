//! Password hashing on threads of its own, so that a storm of sign-ins slows down nobody else.
//!
//! One thread a core, two at most unless configured; low priority; memory that is reused and given back after a pause; a
//! queue with an end. Whoever finds the queue full comes back later. Somebody who does not exist waits in the same queue
//! for the same work, so time tells nothing.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::base::rng::{self, Rng};
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::model::credential::PasswordHash;

use super::argon::{self, Cost, CostOutOfRange, Memory, Verified};

/// How long working memory is kept without work.
const IDLE: Duration = Duration::from_secs(10);

/// What hashing may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingLimits {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
    /// Threads that hash; each has its own memory.
    pub threads: usize,
    /// How many passwords may wait.
    pub queue: usize,
}

impl Default for HashingLimits {
    /// 19 MiB and two passes; a thread a core, two at most; 64 may wait.
    fn default() -> HashingLimits {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        HashingLimits { memory_kib: 19_456, iterations: 2, threads: cores.min(2), queue: 64 }
    }
}

#[cfg(test)]
impl HashingLimits {
    /// As cheap as it can be.
    pub(crate) const TINY: HashingLimits = HashingLimits { memory_kib: 8, iterations: 1, threads: 1, queue: 64 };
}

/// Where in the queue somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At its end.
    Ordinary,
    /// At its front, and beyond its usual length: a browser this person has signed in with before.
    Known,
}

/// The threads that hash. Dropping it lets them finish what they are at and stop.
pub struct Hasher {
    queue: Arc<Queue>,
    rng: Arc<dyn Rng>,
    room: usize,
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// `InvalidInput` for limits nobody can hash with, or the reason why a thread could not be started.
    pub fn start(limits: HashingLimits, rng: Arc<dyn Rng>) -> io::Result<Hasher> {
        let wrong = |error: CostOutOfRange| io::Error::new(io::ErrorKind::InvalidInput, error);
        let cost = Cost::new(limits.memory_kib, limits.iterations).map_err(wrong)?;
        let queue = Arc::new(Queue::default());
        // From here on the threads stop when this is dropped, also when a later one cannot be started.
        let hasher = Hasher { queue: queue.clone(), rng, room: limits.queue.max(1) };
        for nth in 1..=limits.threads.max(1) {
            let queue = queue.clone();
            thread::Builder::new().name(format!("hasher {nth}")).spawn(move || work(&queue, cost))?;
        }
        Ok(hasher)
    }

    /// The Argon2id hash of `password`, with a salt of its own.
    ///
    /// # Errors
    /// [`Denied::Busy`] when too many wait already.
    pub async fn hash(&self, password: &Secret) -> Result<PasswordHash, Denied> {
        let salt = rng::bytes::<16>(&*self.rng);
        let (answer, hashed) = oneshot::channel();
        self.enqueue(Job { password: password.clone(), task: Task::Hash { salt, answer } }, Turn::Ordinary)?;
        hashed.await.map_err(|_| self.busy())
    }

    /// Whether `password` is what `stored` was made of. With `None` (nobody of that name, or no password) it takes as
    /// long as a hash made now, and never matches. Hashes kept with other costs take what they take.
    ///
    /// # Errors
    /// [`Denied::Busy`] when too many wait already.
    pub async fn verify(&self, password: &Secret, stored: Option<&PasswordHash>) -> Result<Verified, Denied> {
        self.verify_at(Turn::Ordinary, password, stored).await
    }

    /// The same, at a given place in the queue.
    ///
    /// # Errors
    /// [`Denied::Busy`] when too many wait already.
    pub async fn verify_at(
        &self,
        turn: Turn,
        password: &Secret,
        stored: Option<&PasswordHash>,
    ) -> Result<Verified, Denied> {
        let (answer, verified) = oneshot::channel();
        let task = Task::Verify { stored: stored.cloned(), answer };
        self.enqueue(Job { password: password.clone(), task }, turn)?;
        verified.await.map_err(|_| self.busy())
    }

    fn enqueue(&self, job: Job, turn: Turn) -> Result<(), Denied> {
        let mut line = self.queue.line();
        match turn {
            Turn::Ordinary if line.jobs.len() < self.room => line.jobs.push_back(job),
            Turn::Known if line.jobs.len() < 2 * self.room => line.jobs.push_front(job),
            _ => return Err(self.busy()),
        }
        self.queue.arrived.notify_one();
        Ok(())
    }

    fn busy(&self) -> Denied {
        Denied::Busy(Duration::from_secs(2))
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.line().closed = true;
        self.queue.arrived.notify_all();
    }
}

struct Job {
    password: Secret,
    task: Task,
}

enum Task {
    Hash { salt: [u8; 16], answer: oneshot::Sender<PasswordHash> },
    Verify { stored: Option<PasswordHash>, answer: oneshot::Sender<Verified> },
}

impl Job {
    fn run(self, cost: Cost, memory: &mut Memory) {
        let password = self.password.expose().as_bytes();
        // Whoever went away needs no answer; a failed send means just that.
        match self.task {
            Task::Hash { answer, .. } if answer.is_closed() => {}
            Task::Verify { answer, .. } if answer.is_closed() => {}
            Task::Hash { salt, answer } => {
                let _ = answer.send(argon::hash(password, salt, cost, memory));
            }
            Task::Verify { stored, answer } => {
                let _ = answer.send(argon::verify(password, stored.as_ref(), cost, memory));
            }
        }
        memory.shrink_to(cost);
    }
}

#[derive(Default)]
struct Queue {
    line: Mutex<Line>,
    arrived: Condvar,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing panics while the lock is held, so a poisoned line is still whole.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None` when the hasher was dropped. Gives `memory` back while nothing comes.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut line = self.line();
        loop {
            if line.closed {
                return None;
            }
            if let Some(job) = line.jobs.pop_front() {
                return Some(job);
            }
            let (again, waited) = self.arrived.wait_timeout(line, IDLE).unwrap_or_else(PoisonError::into_inner);
            line = again;
            if waited.timed_out() {
                memory.release();
            }
        }
    }
}

fn work(queue: &Queue, cost: Cost) {
    // The whole point is that others come first. Where the system does not allow it, hashing goes on all the same.
    let _ = rustix::process::setpriority_process(None, 19);
    let mut memory = Memory::default();
    while let Some(job) = queue.next(&mut memory) {
        // A panic ends one answer, not the thread that everybody waits for.
        if catch_unwind(AssertUnwindSafe(|| job.run(cost, &mut memory))).is_err() {
            memory.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::SeededRng;

    fn hasher(threads: usize, queue: usize, iterations: u32) -> Hasher {
        let limits = HashingLimits { memory_kib: 8, iterations, threads, queue };
        Hasher::start(limits, Arc::new(SeededRng::new(1))).unwrap()
    }

    #[tokio::test]
    async fn what_was_hashed_is_recognised_and_nothing_else() {
        let hasher = hasher(2, 8, 1);
        let password = Secret::new("plum kettle orbits vase");
        let kept = hasher.hash(&password).await.unwrap();
        assert_ne!(kept, hasher.hash(&password).await.unwrap(), "every hash has its own salt");
        assert!(hasher.verify(&password, Some(&kept)).await.unwrap().matches);
        assert!(!hasher.verify(&Secret::new("plum kettle orbits vast"), Some(&kept)).await.unwrap().matches);
        let nobody = hasher.verify(&password, None).await.unwrap();
        assert_eq!(nobody, Verified { matches: false, needs_rehash: false });
    }

    #[tokio::test]
    async fn a_full_queue_sends_people_away_at_once_but_has_room_for_those_it_knows() {
        // A hasher whose threads never come: everything waits.
        let idle = Hasher { queue: Arc::default(), rng: Arc::new(SeededRng::new(1)), room: 2 };
        let wait = |turn| {
            let (answer, _) = oneshot::channel();
            idle.enqueue(Job { password: Secret::new("x"), task: Task::Verify { stored: None, answer } }, turn)
        };
        assert!(wait(Turn::Ordinary).is_ok() && wait(Turn::Ordinary).is_ok());
        assert!(matches!(wait(Turn::Ordinary), Err(Denied::Busy(after)) if after >= Duration::from_secs(1)));
        assert!(wait(Turn::Known).is_ok() && wait(Turn::Known).is_ok());
        assert!(wait(Turn::Known).is_err(), "there is an end for everybody");
    }

    #[tokio::test]
    async fn many_at_once_are_all_answered() {
        let hasher = Arc::new(hasher(2, 64, 1));
        let password = Secret::new("plum kettle orbits vase");
        let kept = hasher.hash(&password).await.unwrap();
        let tries = (0..64).map(|_| hasher.verify(&password, Some(&kept)));
        let answers = futures_util::future::join_all(tries).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().matches));
    }

    #[test]
    fn limits_nobody_can_hash_with_are_refused() {
        let limits = HashingLimits { memory_kib: 7, ..HashingLimits::default() };
        assert!(Hasher::start(limits, Arc::new(SeededRng::new(1))).is_err());
        let limits = HashingLimits { iterations: 0, ..HashingLimits::default() };
        assert!(Hasher::start(limits, Arc::new(SeededRng::new(1))).is_err());
    }
}
