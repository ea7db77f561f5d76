//! What `hephaestus check` found.

use std::path::PathBuf;
use std::sync::Arc;

use hephaestus_host::core::definition::explore::{Exploration, StuckRun};
use hephaestus_host::core::definition::{Join, Violations, Workflow};
use hephaestus_host::core::{Digest, StepRef};
use hephaestus_host::deploy::Review;

use crate::exit::Exit;

/// A component that could be looked at, and what was found.
#[derive(Debug, Clone)]
pub(crate) struct CheckReport {
    /// The file, as it was named.
    pub(crate) component: PathBuf,
    /// How large it is.
    pub(crate) bytes: usize,
    /// Which code it is.
    pub(crate) digest: Digest,
    /// Whether there is a manifest that grants something or doesn't.
    pub(crate) has_manifest: bool,
    /// What was found.
    pub(crate) findings: Findings,
}

/// What was found.
#[derive(Debug, Clone)]
pub(crate) enum Findings {
    /// The graph breaks rules.
    Unsound(Violations),
    /// It keeps them all, and was explored.
    Sound {
        /// The graph.
        workflow: Arc<Workflow>,
        /// The interfaces that the component imports.
        imports: Vec<String>,
        /// Its runs.
        explored: Explored,
        /// What it asks for, if that was to be looked at.
        review: Option<Review>,
    },
}

/// What became of the runs of a workflow.
#[derive(Debug, Clone)]
pub(crate) struct Explored {
    /// How many there are, or how many were sampled; `u64::MAX`: that many or more.
    pub(crate) runs: u64,
    /// Whether these are all.
    pub(crate) exhaustive: bool,
    /// How many get stuck.
    pub(crate) stuck_runs: u64,
    /// The ways in which they do.
    pub(crate) stuck: Vec<StuckRuns>,
    /// Steps that no run reaches.
    pub(crate) never_ready: Vec<StepRef>,
}

/// Runs that get stuck at the same joins, for want of the same.
#[derive(Debug, Clone)]
pub(crate) struct StuckRuns {
    /// The one in which the fewest steps run.
    pub(crate) example: StuckRun,
    /// How many of those that were told are like it, itself included.
    pub(crate) alike: usize,
}

impl CheckReport {
    /// The exit code for it.
    pub(crate) fn exit(&self) -> Exit {
        match &self.findings {
            Findings::Unsound(_) => Exit::Refused,
            Findings::Sound { explored, .. } if explored.stuck_runs > 0 => Exit::Stuck,
            Findings::Sound {
                review: Some(review), ..
            } if self.has_manifest && review.lacks_grants() => Exit::Ungranted,
            Findings::Sound { .. } => Exit::Completed,
        }
    }
}

impl Explored {
    /// Puts runs together that get stuck in the same way.
    pub(crate) fn new(exploration: Exploration) -> Self {
        let mut stuck: Vec<StuckRuns> = Vec::new();
        for run in exploration.stuck {
            match stuck.iter_mut().find(|known| way(&known.example) == way(&run)) {
                Some(known) => {
                    known.alike += 1;
                    if run.ends.len() < known.example.ends.len() {
                        known.example = run;
                    }
                }
                None => stuck.push(StuckRuns {
                    example: run,
                    alike: 1,
                }),
            }
        }
        // What is easiest to follow comes first.
        stuck.sort_by_key(|runs| runs.example.ends.len());
        Self {
            runs: exploration.runs,
            exhaustive: exploration.exhaustive,
            stuck_runs: exploration.stuck_runs,
            stuck,
            never_ready: exploration.never_ready,
        }
    }

    /// How many of the stuck runs were looked at one by one.
    pub(crate) fn told(&self) -> usize {
        self.stuck.iter().map(|runs| runs.alike).sum()
    }
}

/// In which way a run gets stuck: at which joins, for want of what.
fn way(run: &StuckRun) -> Vec<(&StepRef, &[Join])> {
    run.dead
        .iter()
        .map(|dead| (&dead.step, &dead.missing[..]))
        .collect()
}

#[cfg(test)]
mod tests;
