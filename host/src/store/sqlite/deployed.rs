//! The deployed versions that were read: each start of an instance asks for those of its workflow.
//!
//! Invariants: only this store writes to its file, so what was read holds until its own writer changes it; what was
//! begun to be read before a change is not remembered after it. A store that is open for reading only remembers nothing:
//! a host may write beside it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hephaestus_core::WorkflowName;

use crate::store::DeployedVersion;

/// See the head of this module.
#[derive(Debug, Default)]
pub(super) struct Deployed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Only workflows that there are: as many as were deployed, at most.
    by_workflow: HashMap<WorkflowName, Vec<DeployedVersion>>,
    /// How often something has changed.
    changes: u64,
}

/// Between which changes somebody began to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

impl Deployed {
    /// The versions of a workflow, or since when they have to be read.
    pub(super) fn get(&self, workflow: &WorkflowName) -> Result<Vec<DeployedVersion>, Moment> {
        let state = self.state();
        let known = state.by_workflow.get(workflow);
        known.cloned().ok_or(Moment(state.changes))
    }

    /// Remembers what was read, unless something has changed since it was begun.
    pub(super) fn put(&self, begun: Moment, workflow: &WorkflowName, versions: &[DeployedVersion]) {
        let mut state = self.state();
        if Moment(state.changes) == begun && !versions.is_empty() {
            state.by_workflow.insert(workflow.clone(), versions.to_vec());
        }
    }

    /// Something may have changed. To be called by who changed it, after that and before anybody is told.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.by_workflow.clear();
        state.changes += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hephaestus_core::{Digest, Timestamp, WorkflowVersion};

    use super::*;

    fn one(version: u32) -> Vec<DeployedVersion> {
        vec![DeployedVersion {
            workflow: WorkflowName::new("order").unwrap(),
            version: WorkflowVersion(version),
            digest: Digest([1; 32]),
            deployed_at: Timestamp(1),
        }]
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let (deployed, order) = (Deployed::default(), WorkflowName::new("order").unwrap());
        let before = deployed.get(&order).unwrap_err();
        deployed.forget();
        deployed.put(before, &order, &one(1));
        let after = deployed.get(&order).unwrap_err();
        assert_ne!(before, after);
        deployed.put(after, &order, &one(2));
        assert_eq!(deployed.get(&order), Ok(one(2)));
        deployed.forget();
        assert!(deployed.get(&order).is_err());
    }

    #[test]
    fn a_workflow_that_is_not_there_takes_no_room() {
        let (deployed, order) = (Deployed::default(), WorkflowName::new("order").unwrap());
        let begun = deployed.get(&order).unwrap_err();
        deployed.put(begun, &order, &[]);
        assert_eq!(deployed.get(&order), Err(begun));
    }
}
