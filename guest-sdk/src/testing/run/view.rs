//! One step of a run.

use hephaestus_core::StepRef;
use serde::de::DeserializeOwned;

use super::drive::{Drive, Seen};
use crate::testing::{Failure, LogLine, StepState};

/// What became of one step so far: see [`TestRun::step`](super::TestRun::step).
pub struct StepView<'a> {
    pub(super) drive: &'a Drive,
    pub(super) step: StepRef,
    pub(super) state: &'a StepState,
}

impl<'a> StepView<'a> {
    /// Where it stands.
    pub fn state(&self) -> &'a StepState {
        self.state
    }

    /// How many attempts were executed.
    pub fn attempts(&self) -> u32 {
        self.seen().map_or(0, |seen| seen.attempts)
    }

    /// Whether it has run, or been scripted to.
    pub fn has_run(&self) -> bool {
        self.attempts() > 0
    }

    /// The event that it ended with; `None` if it hasn't, or failed.
    pub fn event(&self) -> Option<&'a str> {
        match self.state {
            StepState::Completed { event } => event.as_ref().map(|event| event.as_str()),
            _ => None,
        }
    }

    /// Its result; `None` if it has none.
    ///
    /// # Panics
    /// If the result doesn't fit `T`.
    #[track_caller]
    pub fn result<T: DeserializeOwned>(&self) -> Option<T> {
        let json = self.drive.state.results().get(&self.step)?;
        match serde_json::from_str(json.as_str()) {
            Ok(result) => Some(result),
            Err(error) => panic!("the result of step `{}` doesn't fit: {error}: {json}", self.step),
        }
    }

    /// Why the last attempt failed that did.
    pub fn failure(&self) -> Option<&'a Failure> {
        self.drive.state.attempts(&self.step)?.last_failure
    }

    /// What its attempts logged, and its choosers.
    pub fn logs(&self) -> &'a [LogLine] {
        self.seen().map_or(&[], |seen| &seen.logs)
    }

    fn seen(&self) -> Option<&'a Seen> {
        self.drive.seen.get(&self.step)
    }
}
