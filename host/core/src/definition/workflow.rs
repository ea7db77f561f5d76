//! The proven graph, indexed for the engine.
//!
//! Whatever is asked often goes by place: names are looked up once, at the edge of the engine. Everything is computed
//! when the workflow is made and never changes.

#[cfg(test)]
mod tests;

use super::ancestors::Ancestors;
use super::graph::Graph;
use super::join::Gate;
use super::{DeadJoin, Join, RetryPolicy, StepDefinition, Transition, Violations, WorkflowDefinition, check};
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

/// A definition that was proven, with its graph indexed. Only these are executed.
///
/// A [`StepIx`] or [`EdgeIx`] belongs to the workflow that gave it. One of another workflow may be out of range: the
/// methods that take one panic then, as indexing a slice does.
#[derive(Debug, Clone)]
pub struct Workflow {
    definition: WorkflowDefinition,
    graph: Graph,
    start: StepIx,
    done: StepIx,
    on_cancel: Option<StepIx>,
    /// Per step: its transitions, sorted by event, as places in the definition.
    transitions: Vec<Vec<(EventName, usize)>>,
    /// Per step: its join. `None`: nothing leads to it.
    gates: Vec<Option<Gate>>,
    order: Vec<StepIx>,
    ancestors: Ancestors,
}

impl Workflow {
    /// Checks `definition`; reports everything that is wrong at once.
    pub fn new(definition: WorkflowDefinition) -> Result<Self, Violations> {
        let graph = check::check(&definition)?;
        // The checks have found both; the fallbacks only spare a panic.
        let start = graph.index(definition.start.as_str()).unwrap_or(StepIx(0));
        let done = graph.index(StepRef::done().as_str()).unwrap_or(StepIx(0));
        let on_cancel = definition
            .on_cancel
            .as_ref()
            .and_then(|step| graph.index(step.as_str()));
        let gates = graph
            .places()
            .map(|step| graph.gate(step, &graph.join(step)?))
            .collect();
        let order = graph.topological_order();
        Ok(Self {
            start,
            done,
            on_cancel,
            transitions: transitions_by_step(&definition, &graph),
            gates,
            ancestors: Ancestors::new(&graph, &order),
            order,
            graph,
            definition,
        })
    }

    /// The definition, as it was given.
    pub fn definition(&self) -> &WorkflowDefinition {
        &self.definition
    }

    /// All steps in the order of the definition; `done` is always there, last unless it was listed.
    pub fn steps(&self) -> &[StepDefinition] {
        &self.graph.steps
    }

    /// The place of a step.
    pub fn index(&self, step: &str) -> Option<StepIx> {
        self.graph.index(step)
    }

    /// The step at a place.
    pub fn step(&self, at: StepIx) -> &StepDefinition {
        &self.graph.steps[at.0]
    }

    /// The step that every instance begins with.
    pub fn start(&self) -> StepIx {
        self.start
    }

    /// The built-in last step.
    pub fn done(&self) -> StepIx {
        self.done
    }

    /// The step that runs when an instance is cancelled.
    pub fn on_cancel(&self) -> Option<StepIx> {
        self.on_cancel
    }

    /// All steps in an order in which each comes after all that lead to it; where that leaves a choice, in the order of
    /// the definition.
    pub fn topological_order(&self) -> &[StepIx] {
        &self.order
    }

    /// All edges, by transition and then target, in the order of the definition.
    pub fn edges(&self) -> &[Edge] {
        &self.graph.edges
    }

    /// The edge at a place.
    pub fn edge(&self, at: EdgeIx) -> &Edge {
        &self.graph.edges[at.0]
    }

    /// The edges that lead to a step.
    pub fn incoming(&self, step: StepIx) -> &[EdgeIx] {
        &self.graph.incoming[step.0]
    }

    /// The edges that leave a step.
    pub fn outgoing(&self, step: StepIx) -> &[EdgeIx] {
        &self.graph.outgoing[step.0]
    }

    /// The transition of a step for an event.
    pub fn transition(&self, source: StepIx, event: &EventName) -> Option<&Transition> {
        let transitions = &self.transitions[source.0];
        let found = transitions.binary_search_by(|(known, _)| known.cmp(event)).ok()?;
        self.definition.transitions.get(transitions[found].1)
    }

    /// Whether `ancestor` lies on a path to `step`, and `step` may read its result. The step for cancelling has all
    /// others as ancestors: it runs when they have ended.
    pub fn is_ancestor(&self, ancestor: StepIx, step: StepIx) -> bool {
        if self.on_cancel == Some(step) {
            return ancestor != step && ancestor != self.done;
        }
        self.ancestors.contains(ancestor, step)
    }

    /// The policy in force for a step: its own, else the workflow's, else the default.
    pub fn retry_policy(&self, step: StepIx) -> RetryPolicy {
        let own = self.step(step).retry.as_ref();
        own.or(self.definition.retry.as_ref())
            .cloned()
            .unwrap_or_default()
    }

    /// Whether any step accepts this event.
    pub fn accepts(&self, event: &EventName) -> bool {
        self.steps().iter().any(|step| step.accepts.contains(event))
    }

    /// The join of a step, spelled out. `None`: nothing leads to it (the start step, the step for cancelling).
    pub fn join(&self, step: StepIx) -> Option<Join> {
        self.graph.join(step)
    }

    /// The join of a step under the values of its incoming edges: `Some(true)` ready, `Some(false)` dead, `None` open.
    /// A step that nothing leads to stays open: it doesn't run because of a join.
    pub fn evaluate_join(&self, step: StepIx, edge: impl Fn(EdgeIx) -> Option<bool>) -> Option<bool> {
        self.gates[step.0].as_ref()?.evaluate(&edge)
    }

    /// The edges because of which the join of a step is false, each once, in the order of the join. None if it isn't
    /// false.
    pub fn join_culprits(&self, step: StepIx, edge: impl Fn(EdgeIx) -> Option<bool>) -> Vec<EdgeIx> {
        let mut culprits = Vec::new();
        if let Some(gate) = &self.gates[step.0] {
            gate.for_each_culprit(&edge, &mut |at| {
                if !culprits.contains(&at) {
                    culprits.push(at);
                }
            });
        }
        culprits
    }

    /// The join of a step over the places of edges.
    pub(super) fn gate(&self, step: StepIx) -> Option<&Gate> {
        self.gates[step.0].as_ref()
    }

    /// The joins that are dead although a transition to them was taken, in the order of the definition: what an
    /// instance that is stuck got stuck at.
    pub(super) fn dead_joins(&self, edge: impl Fn(EdgeIx) -> Option<bool>) -> Vec<DeadJoin> {
        let is_lost = |step: &StepIx| {
            let was_reached = self.incoming(*step).iter().any(|at| edge(*at) == Some(true));
            was_reached && self.evaluate_join(*step, &edge) == Some(false)
        };
        let dead = self.graph.places().filter(is_lost);
        dead.filter_map(|step| DeadJoin::new(&self.graph, step, &edge))
            .collect()
    }

    /// Every step of the definition, by name.
    pub fn find(&self, step: &StepRef) -> Option<&StepDefinition> {
        self.index(step.as_str()).map(|at| self.step(at))
    }
}

fn transitions_by_step(definition: &WorkflowDefinition, graph: &Graph) -> Vec<Vec<(EventName, usize)>> {
    let mut by_step = vec![Vec::new(); graph.steps.len()];
    for (at, transition) in definition.transitions.iter().enumerate() {
        if let Some(source) = graph.index(transition.source.as_str()) {
            by_step[source.0].push((transition.event.clone(), at));
        }
    }
    for transitions in &mut by_step {
        transitions.sort();
    }
    by_step
}
