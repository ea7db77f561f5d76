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
//! `sample` is for graphs that even so are too wide.

mod choices;
mod goals;
mod sample;
mod states;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::{DeadJoin, EdgeIx, StepIx, Workflow};
use crate::{EventName, StepRef};
use choices::Choice;

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

/// A run at whose end nothing is left to do and `done` was not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StuckRun {
    /// How each step ended that ran, in a possible order.
    pub ends: Vec<StepEnd>,
    /// The joins at which it got stuck.
    pub dead: Vec<DeadJoin>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepEnd {
    /// The step.
    pub step: StepRef,
    /// The event.
    pub event: EventName,
    /// The targets that were chosen, if the transition is dynamic.
    pub chosen: Option<Vec<StepRef>>,
}

impl fmt::Display for StepEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ends with `{}`", self.step, self.event)?;
        if let Some(chosen) = &self.chosen {
            let chosen: Vec<String> = chosen.iter().map(|step| format!("`{step}`")).collect();
            write!(f, " to {}", chosen.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for StuckRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends: Vec<String> = self.ends.iter().map(StepEnd::to_string).collect();
        write!(f, "{}", ends.join(", "))?;
        self.dead.iter().try_for_each(|dead| write!(f, "; {dead}"))
    }
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

/// How the steps of a stuck run ended, as a story.
fn tell(workflow: &Workflow, ends: &[(StepIx, Choice)]) -> StuckRun {
    let mut is_taken = vec![false; workflow.edges().len()];
    for edge in ends.iter().flat_map(|(_, choice)| &choice.taken) {
        is_taken[edge.0] = true;
    }
    let end = |(step, choice): &(StepIx, Choice)| StepEnd {
        step: workflow.step(*step).name.clone(),
        event: choice.event.clone(),
        chosen: choice.is_dynamic.then(|| targets(workflow, &choice.taken)),
    };
    StuckRun {
        ends: ends.iter().map(end).collect(),
        dead: workflow.dead_joins(|edge: EdgeIx| Some(is_taken[edge.0])),
    }
}

fn targets(workflow: &Workflow, edges: &[EdgeIx]) -> Vec<StepRef> {
    let target = |edge: &EdgeIx| workflow.step(workflow.edge(*edge).target).name.clone();
    edges.iter().map(target).collect()
}
