//! What a workflow is: data only. [`Workflow`] is a definition that was proven; nothing else can be executed.
//!
//! - [`WorkflowDefinition`] and its parts: as a guest describes them, not yet checked.
//! - [`Join`]: the expressions over incoming transitions, with their text form.
//! - [`Workflow`]: the checked, indexed graph.
//! - [`Violation`]: one thing that is wrong, where, and the fix. All are reported at once.
//! - [`WorkflowBuilder`]: definitions written in Rust.
//! - [`explore`](explore::explore): runs every combination of events through the joins and lists the runs that get stuck.
//!
//! Data flows one way: definition -> `graph` (indexed, as far as it makes sense) -> `check` (every rule) -> [`Workflow`].

mod ancestors;
mod builder;
mod certain;
mod check;
mod dead_join;
pub mod explore;
mod graph;
mod join;
pub mod limits;
mod random;
mod retry;
#[cfg(test)]
pub(crate) mod test_graphs;
mod violation;
mod words;
mod workflow;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::capability::Request;
use crate::{BusinessKeyName, EventName, Json, StepRef, WorkflowName, WorkflowVersion};

pub use builder::{BuildError, StepBuilder, WorkflowBuilder, step};
pub use check::{PolicyPart, PolicyProblem};
pub use dead_join::DeadJoin;
pub use join::{InvalidJoin, Join, JoinRule};
pub use retry::{Backoff, RetryPolicy};
pub use violation::{Violation, ViolationKind, Violations};
pub use words::nearest;
pub use workflow::{Edge, EdgeIx, StepIx, Workflow};

/// A workflow as its component describes it. Unchecked: see [`Workflow::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowDefinition {
    /// Its name.
    pub name: WorkflowName,
    /// Its version, counted from 1.
    pub version: WorkflowVersion,
    /// The step that every instance begins with.
    pub start: StepRef,
    /// All steps. `done` is built in and only listed to give it another join.
    pub steps: Vec<StepDefinition>,
    /// All transitions.
    pub transitions: Vec<Transition>,
    /// What names its instances, and among which of them the name is unique.
    pub business_key: BusinessKey,
    /// For steps that bring no policy of their own. `None`: [`RetryPolicy::default`].
    pub retry: Option<RetryPolicy>,
    /// How long an instance may take from its creation to its end.
    pub deadline: Option<Duration>,
    /// The step that runs when an instance is cancelled; without one, cancelling compensates nothing.
    pub on_cancel: Option<StepRef>,
    /// Free labels to find workflows by.
    pub tags: Vec<String>,
    /// Free facts about the workflow.
    pub metadata: BTreeMap<String, String>,
}

/// One step of a [`WorkflowDefinition`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDefinition {
    /// Its name.
    pub name: StepRef,
    /// The events that its code can end with.
    pub emits: Vec<EventName>,
    /// The events that can be sent to it and end its wait.
    pub accepts: Vec<EventName>,
    /// When it runs, where it has several incoming transitions.
    pub join: JoinRule,
    /// Overrides the workflow's policy.
    pub retry: Option<RetryPolicy>,
    /// How long one attempt may take.
    pub deadline: Option<Duration>,
    /// Handed to the step's code as it is.
    pub config: Option<Json>,
    /// What its code asks for. Declaring it grants nothing: the manifest does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
}

impl StepDefinition {
    /// A step that emits and accepts nothing, with every option at its default.
    pub fn new(name: StepRef) -> Self {
        Self {
            name,
            emits: Vec::new(),
            accepts: Vec::new(),
            join: JoinRule::Default,
            retry: None,
            deadline: None,
            config: None,
            requests: Vec::new(),
        }
    }
}

/// `(source, event) -> targets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The step that ended.
    pub source: StepRef,
    /// The event that it ended with, or `failed`.
    pub event: EventName,
    /// Where it leads.
    pub targets: Targets,
}

/// Where a transition leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Targets {
    /// To all of these.
    Static(Vec<StepRef>),
    /// To those of these that the workflow's `transit` chooses: one or more.
    Dynamic(Vec<StepRef>),
}

impl Targets {
    /// The targets that are declared.
    pub fn declared(&self) -> &[StepRef] {
        match self {
            Self::Static(targets) | Self::Dynamic(targets) => targets,
        }
    }

    /// Whether the guest chooses among them.
    pub fn is_dynamic(&self) -> bool {
        matches!(self, Self::Dynamic(_))
    }
}

/// What names the instances of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessKey {
    /// `orderid` in `orderid::abc123`.
    pub name: BusinessKeyName,
    /// Among which active instances a value can be taken once only.
    pub uniqueness: Uniqueness,
}

/// Among which active instances a business id is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uniqueness {
    /// Among the instances of the workflow, whatever their version.
    #[default]
    Workflow,
    /// Among the instances of the same version of the workflow.
    Version,
    /// Among the instances of all workflows.
    Global,
    /// It isn't: several active instances may share it.
    None,
}
