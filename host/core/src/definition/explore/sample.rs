//! Some of the runs, where all are too many.

use super::choices::{self, Choice};
use super::{Exploration, ExploreOptions, StuckRun, order, tell};
use crate::definition::random::SplitMix64;
use crate::definition::{EdgeIx, StepIx, Workflow};

pub(super) fn sample(workflow: &Workflow, options: &ExploreOptions) -> Exploration {
    let mut random = SplitMix64::new(options.seed);
    let mut stuck_runs = 0;
    let mut stuck: Vec<StuckRun> = Vec::new();
    for _ in 0..options.samples {
        let Some(ends) = stuck_run(workflow, &mut random) else {
            continue;
        };
        stuck_runs += 1;
        if stuck.len() < options.max_told {
            let story = tell(workflow, &ends);
            if !stuck.contains(&story) {
                stuck.push(story);
            }
        }
    }
    Exploration {
        runs: u64::from(options.samples),
        exhaustive: false,
        stuck_runs,
        stuck,
        never_ready: Vec::new(),
    }
}

/// One run; how its steps ended, if it gets stuck.
fn stuck_run(workflow: &Workflow, random: &mut SplitMix64) -> Option<Vec<(StepIx, Choice)>> {
    let mut ends = Vec::new();
    let mut is_taken = vec![false; workflow.edges().len()];
    for step in order(workflow) {
        let is_ready = |EdgeIx(at)| Some(is_taken[at]);
        if step != workflow.start() && workflow.evaluate_join(step, is_ready) != Some(true) {
            continue;
        }
        let choice = choices::any(workflow, step, random)?;
        for edge in &choice.taken {
            is_taken[edge.0] = true;
        }
        ends.push((step, choice));
    }
    let is_done = workflow.evaluate_join(workflow.done(), |EdgeIx(at)| Some(is_taken[at]));
    (is_done == Some(false)).then_some(ends)
}
