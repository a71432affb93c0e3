//! Many who do the same at the same moment, and the program that is killed under them.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::Program;

/// Random numbers from a seed that is printed; `SEED=…` in the environment repeats them.
pub struct Chance(u64);

impl Chance {
    /// Begins, and says where.
    pub fn new() -> Chance {
        let asked = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = asked.unwrap_or_else(|| u64::from(std::process::id()).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        println!("SEED={seed}");
        Chance(seed)
    }

    /// A number below `end` (xorshift): no more is needed to choose a moment.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// When the program is killed under a crowd. Told by the answers that came, not by the clock: how quick a machine is
/// does not decide whether somebody still waits.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    answered: usize,
    later: Duration,
}

impl Kill {
    /// A random moment while so many wait: before any answer, or after up to three quarters of them.
    pub fn among(chance: &mut Chance, crowd: usize) -> Kill {
        let answered = chance.below(crowd as u64 * 3 / 4) as usize;
        Kill { answered, later: Duration::from_micros(chance.below(1_000)) }
    }

    fn strike(self, program: &Program) {
        thread::sleep(self.later);
        program.kill();
    }
}

/// Lets everybody act at the same moment, each in a thread, and kills the program under them if that is asked for.
/// What each was answered, in their order; the program stays killed.
pub fn at_once<T: Send>(acts: &[&(dyn Fn() -> T + Sync)], program: &Program, kill: Option<Kill>) -> Vec<T> {
    let start = Barrier::new(acts.len() + 1);
    let answered = AtomicUsize::new(0);
    let one = |act: &(dyn Fn() -> T + Sync)| {
        start.wait();
        let answer = act();
        let so_many = answered.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(kill) = kill.filter(|kill| kill.answered == so_many) {
            kill.strike(program);
        }
        answer
    };
    thread::scope(|scope| {
        let one = &one;
        let crowd: Vec<_> = acts.iter().map(|act| scope.spawn(move || one(*act))).collect();
        start.wait();
        if let Some(kill) = kill.filter(|kill| kill.answered == 0) {
            kill.strike(program);
        }
        crowd.into_iter().map(|one| one.join().expect("no thread dies")).collect()
    })
}
