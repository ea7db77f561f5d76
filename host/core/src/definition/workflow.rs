//! The proven graph, indexed for the engine.

use super::{RetryPolicy, StepDefinition, Transition, Violations, WorkflowDefinition};
use crate::{EventName, StepRef};

/// A step's place in [`Workflow::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIx(pub usize);

/// An edge's place in [`Workflow::edges`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeIx(pub usize);

/// One target of one transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The step it comes from.
    pub source: StepIx,
    /// The event it is for.
    pub event: EventName,
    /// The step it leads to.
    pub target: StepIx,
}

/// A definition that was proven (DESIGN 4.3), with its graph indexed. Only these are executed.
#[derive(Debug, Clone)]
pub struct Workflow {
    definition: WorkflowDefinition,
}

impl Workflow {
    /// Checks `definition`; reports everything that is wrong at once.
    pub fn new(_definition: WorkflowDefinition) -> Result<Self, Violations> {
        todo!("definition helper")
    }

    /// The definition, as it was given.
    pub fn definition(&self) -> &WorkflowDefinition {
        &self.definition
    }

    /// All steps in the order of the definition; `done` is always there, last unless it was listed.
    pub fn steps(&self) -> &[StepDefinition] {
        todo!("definition helper")
    }

    /// The place of a step.
    pub fn index(&self, _step: &str) -> Option<StepIx> {
        todo!("definition helper")
    }

    /// The step at a place.
    pub fn step(&self, _at: StepIx) -> &StepDefinition {
        todo!("definition helper")
    }

    /// All edges, by transition and then target, in the order of the definition.
    pub fn edges(&self) -> &[Edge] {
        todo!("definition helper")
    }

    /// The edges that lead to a step.
    pub fn incoming(&self, _step: StepIx) -> &[EdgeIx] {
        todo!("definition helper")
    }

    /// The edges that leave a step.
    pub fn outgoing(&self, _step: StepIx) -> &[EdgeIx] {
        todo!("definition helper")
    }

    /// The transition of a step for an event.
    pub fn transition(&self, _source: StepIx, _event: &EventName) -> Option<&Transition> {
        todo!("definition helper")
    }

    /// Whether `ancestor` lies on a path to `step`.
    pub fn is_ancestor(&self, _ancestor: StepIx, _step: StepIx) -> bool {
        todo!("definition helper")
    }

    /// The policy in force for a step: its own, else the workflow's, else the default.
    pub fn retry_policy(&self, _step: StepIx) -> RetryPolicy {
        todo!("definition helper")
    }

    /// Whether any step accepts this event.
    pub fn accepts(&self, _event: &EventName) -> bool {
        todo!("definition helper")
    }

    /// The join of a step under the values of its incoming edges: `Some(true)` ready, `Some(false)` dead, `None` open.
    pub fn evaluate_join(&self, _step: StepIx, _edge: impl Fn(EdgeIx) -> Option<bool>) -> Option<bool> {
        todo!("definition helper")
    }

    /// The step that runs when an instance is cancelled.
    pub fn on_cancel(&self) -> Option<StepIx> {
        todo!("definition helper")
    }

    /// Every step of the definition, by name.
    pub fn find(&self, step: &StepRef) -> Option<&StepDefinition> {
        self.index(step.as_str()).map(|at| self.step(at))
    }
}
