//! Many runs, on as many threads as the machine has; each run stays on one.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::log::Figures;
use crate::simulation::Outcome;

/// What came of many runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many runs there were.
    pub runs: u64,
    /// The runs that broke a promise, in the order of their seeds.
    pub failed: Vec<Outcome>,
    /// The figures of all runs.
    pub figures: Figures,
}

/// Runs all seeds. Stops early once `enough` runs have failed.
pub fn run_all(seeds: Range<u64>, enough: usize, run: impl Fn(u64) -> Outcome + Sync) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let tally = Mutex::new(Tally::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let outcome = run(seed);
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.runs += 1;
            tally.figures.add(&outcome.figures);
            if !outcome.violations.is_empty() {
                tally.failed.push(outcome);
            }
            if tally.failed.len() >= enough {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(work);
        }
    });
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.failed.sort_by_key(|outcome| outcome.seed);
    tally
}

/// As many as the machine runs at once.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// What to do to see a failure again.
pub fn again(outcome: &Outcome) -> String {
    let seed = outcome.seed;
    let violations: Vec<String> = outcome
        .violations
        .iter()
        .map(|violation| format!("  {violation}\n"))
        .collect();
    format!(
        "seed {seed} broke {} promises:\n{}  again: cargo xtask simulate --seed {seed}\n",
        violations.len(),
        violations.concat()
    )
}
