//! One run of the whole runtime: several hosts, one after the other, on the same store.
//!
//! Each round is a host on a tokio runtime of its own, with paused time. It ends in a crash (the runtime is dropped in the
//! midst of things) or in an orderly shutdown; then the wall clock may jump. In the last round nothing fails any more, and
//! everything must come to its end.
//!
//! | module | idea |
//! |---|---|
//! | `world` | what outlives hosts, and the order of rounds |
//! | `round` | one host: its store with all layers, trouble, its end |
//! | `flows`, `behaviour` | the workflows, and what their steps do |
//! | `client` | commands, and what their answers must mean |
//! | `settle` | the last round, and what must hold after it |

mod behaviour;
mod client;
mod flows;
mod round;
mod settle;
mod world;

use crate::log::Figures;
use crate::stores::Plant;

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The seed that repeats it.
    pub seed: u64,
    /// What happened, in order.
    pub trace: Vec<String>,
    /// The promises that were broken.
    pub violations: Vec<String>,
    /// How often what happened.
    pub figures: Figures,
}

/// How a run is set up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup {
    /// A store that breaks its contract.
    pub plant: Option<Plant>,
}

/// Runs the seed.
pub fn run(seed: u64) -> Outcome {
    run_with(seed, Setup::default())
}

/// Runs the seed, set up like that.
pub fn run_with(seed: u64, setup: Setup) -> Outcome {
    world::World::new(seed, setup).run()
}
