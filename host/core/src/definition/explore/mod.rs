//! Every combination of events, run through the joins.
//!
//! A *run* is one event for each step that becomes ready, and where its transition is dynamic, one choice of targets. As
//! joins are monotone, the order in which steps end makes no difference to which of them become ready; so each
//! combination is one run, whatever the order. A step's events are those it emits or accepts, and `failed` if it has a
//! transition for it; without one, a step that fails ends the instance, which is not being stuck. A run is *stuck* when
//! every step has ended or is dead and `done` is dead.
//!
//! Where `done` fires before all is known (`any`), the instance completes then and the rest is stopped. The combinations
//! of what would have come are counted all the same: they are complete, every one of them.
//!
//! `states` visits all runs at once: step by step in topological order, keeping one state for all runs that have the same
//! future. So thousands of steps with a simple structure are exhausted, where listing runs one by one would not end.
//! `sample` is for graphs that even so are too wide. `story` is how a run that
//! gets stuck is told.

mod choices;
mod goals;
mod sample;
mod states;
mod story;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::{StepIx, Workflow};
use crate::StepRef;

use story::tell;
pub use story::{Fate, StepEnd, StuckRun};

/// How far an exploration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExploreOptions {
    /// How much is looked at before runs are sampled instead, counted in edges. The default takes a second or so.
    pub max_visits: usize,
    /// How many runs are sampled.
    pub samples: u32,
    /// Decides which runs are sampled.
    pub seed: u64,
    /// How many stuck runs are told.
    pub max_told: usize,
}

impl Default for ExploreOptions {
    fn default() -> Self {
        Self {
            max_visits: 5_000_000,
            samples: 10_000,
            seed: 0,
            max_told: 20,
        }
    }
}

/// What an exploration found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exploration {
    /// How many runs there are; if they were sampled, how many were sampled. `u64::MAX`: that many or more.
    pub runs: u64,
    /// Whether these are all. `false`: they were sampled.
    pub exhaustive: bool,
    /// How many of the runs get stuck. `u64::MAX`: that many or more.
    pub stuck_runs: u64,
    /// Stuck runs, each different, as many as were asked for.
    pub stuck: Vec<StuckRun>,
    /// Steps that run in none of the runs (the step for cancelling isn't asked). Empty if runs were sampled: what a
    /// sample doesn't show may still happen.
    pub never_ready: Vec<StepRef>,
}

/// Explores `workflow`. Pure: the same arguments give the same answer.
pub fn explore(workflow: &Workflow, options: &ExploreOptions) -> Exploration {
    states::exhaust(workflow, options).unwrap_or_else(|_| sample::sample(workflow, options))
}

/// The steps of the graph in topological order, without `done` and the step for cancelling.
fn order(workflow: &Workflow) -> impl Iterator<Item = StepIx> {
    let outside = [Some(workflow.done()), workflow.on_cancel()];
    let order = workflow.topological_order().iter().copied();
    order.filter(move |step| !outside.contains(&Some(*step)))
}
