//! An instance as queries show it: what stores index.

use serde::{Deserialize, Serialize};

use super::{InstanceFailure, InstanceState, InstanceStatus};
use crate::definition::Uniqueness;
use crate::{BusinessId, Digest, InstanceId, Timestamp, WorkflowName, WorkflowVersion};

/// One instance in a list. Derived from its journal and written in the same commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Its id.
    pub instance: InstanceId,
    /// What people call it.
    pub business_id: BusinessId,
    /// Its workflow.
    pub workflow: WorkflowName,
    /// The version of it.
    pub workflow_version: WorkflowVersion,
    /// The code that it is pinned to.
    pub digest: Digest,
    /// Where it stands.
    pub status: InstanceStatus,
    /// The number of its last journal entry.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its last entry was written.
    pub updated_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Since when it has been waiting, if it is.
    pub waiting_since: Option<Timestamp>,
    /// Why it failed, if it has.
    pub failure: Option<InstanceFailure>,
    /// What no other active instance may hold. `None`: it has ended, or its workflow asks for no uniqueness.
    pub unique_key: Option<String>,
}

impl Summary {
    /// The summary of an instance as it stands.
    pub fn of(state: &InstanceState) -> Self {
        let created = state.created();
        let status = state.status();
        let holds_key = !status.is_terminal();
        Self {
            instance: created.instance,
            business_id: created.business_id.clone(),
            workflow: created.workflow.clone(),
            workflow_version: created.version,
            digest: created.digest,
            status,
            version: state.version(),
            created_at: state.created_at(),
            updated_at: state.updated_at(),
            ended_at: state.ended_at(),
            waiting_since: state.waiting_since(),
            failure: state.failure().cloned(),
            unique_key: state.unique_key().filter(|_| holds_key).map(str::to_owned),
        }
    }
}

/// What an active instance holds so that no other can: stores put a unique index on it.
pub fn unique_key(
    uniqueness: Uniqueness,
    workflow: &WorkflowName,
    version: WorkflowVersion,
    id: &BusinessId,
) -> Option<String> {
    match uniqueness {
        Uniqueness::Workflow => Some(format!("workflow/{workflow}/{id}")),
        Uniqueness::Version => Some(format!("version/{workflow}/{version}/{id}")),
        Uniqueness::Global => Some(format!("global/{id}")),
        Uniqueness::None => None,
    }
}
