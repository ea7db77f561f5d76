//! The graph of a definition, indexed by place.
//!
//! It can be built from a definition that is not sound, so that the checks have something to walk on: of steps with the
//! same name the first counts; transitions from `done`, and from or to unknown steps, are left out. For a sound definition
//! nothing is left out.

use std::collections::HashMap;

use super::join::Gate;
use super::{Edge, EdgeIx, Join, JoinRule, StepDefinition, StepIx, WorkflowDefinition};
use crate::{EventName, StepRef};

/// Steps and edges, and who is next to whom.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) steps: Vec<StepDefinition>,
    pub(super) edges: Vec<Edge>,
    /// Per step.
    pub(super) incoming: Vec<Vec<EdgeIx>>,
    /// Per step.
    pub(super) outgoing: Vec<Vec<EdgeIx>>,
    by_name: HashMap<StepRef, StepIx>,
}

impl Graph {
    pub(super) fn new(definition: &WorkflowDefinition) -> Self {
        let mut graph = Self {
            steps: Vec::with_capacity(definition.steps.len() + 1),
            edges: Vec::new(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            by_name: HashMap::with_capacity(definition.steps.len() + 1),
        };
        for step in &definition.steps {
            graph.add_step(step.clone());
        }
        graph.add_step(StepDefinition::new(StepRef::done()));
        for transition in definition.transitions.iter().filter(|it| !it.source.is_done()) {
            for target in transition.targets.declared() {
                graph.add_edge(&transition.source, &transition.event, target);
            }
        }
        graph
    }

    fn add_step(&mut self, step: StepDefinition) {
        if !self.by_name.contains_key(&step.name) {
            self.by_name.insert(step.name.clone(), StepIx(self.steps.len()));
            self.steps.push(step);
            self.incoming.push(Vec::new());
            self.outgoing.push(Vec::new());
        }
    }

    fn add_edge(&mut self, source: &StepRef, event: &EventName, target: &StepRef) {
        if let (Some(source), Some(target)) = (self.index(source.as_str()), self.index(target.as_str())) {
            let at = EdgeIx(self.edges.len());
            self.edges.push(Edge {
                source,
                event: event.clone(),
                target,
            });
            self.outgoing[source.0].push(at);
            self.incoming[target.0].push(at);
        }
    }

    pub(super) fn index(&self, step: &str) -> Option<StepIx> {
        self.by_name.get(step).copied()
    }

    pub(super) fn name(&self, step: StepIx) -> &StepRef {
        &self.steps[step.0].name
    }

    pub(super) fn places(&self) -> impl Iterator<Item = StepIx> + use<> {
        (0..self.steps.len()).map(StepIx)
    }

    /// The steps that edges lead to from `step`, once for each edge.
    pub(super) fn successors(&self, step: StepIx) -> impl Iterator<Item = StepIx> {
        self.outgoing[step.0].iter().map(|edge| self.edges[edge.0].target)
    }

    /// The steps in an order in which each comes after all that lead to it, and among those free to come next the first
    /// of the definition. Steps on a cycle, or behind one, are missing.
    pub(super) fn topological_order(&self) -> Vec<StepIx> {
        let mut missing: Vec<usize> = self.incoming.iter().map(Vec::len).collect();
        let mut free: std::collections::BTreeSet<StepIx> =
            self.places().filter(|at| missing[at.0] == 0).collect();
        let mut order = Vec::with_capacity(self.steps.len());
        while let Some(step) = free.pop_first() {
            order.push(step);
            for next in self.successors(step) {
                missing[next.0] -= 1;
                if missing[next.0] == 0 {
                    free.insert(next);
                }
            }
        }
        order
    }

    /// The join of a step, spelled out; `None` if nothing leads to it.
    pub(super) fn join(&self, step: StepIx) -> Option<Join> {
        let incoming = &self.incoming[step.0];
        if incoming.is_empty() {
            return None;
        }
        let definition = &self.steps[step.0];
        Some(match &definition.join {
            JoinRule::Default if definition.name.is_done() => {
                group(Join::Settled, self.transitions(incoming))
            }
            JoinRule::Default | JoinRule::All => group(Join::All, self.by_source(incoming)),
            JoinRule::Any => group(Join::Any, self.transitions(incoming)),
            JoinRule::Settled => group(Join::Settled, self.transitions(incoming)),
            JoinRule::Expression(join) => join.clone(),
        })
    }

    fn transitions(&self, edges: &[EdgeIx]) -> Vec<Join> {
        edges.iter().map(|edge| self.transition(*edge)).collect()
    }

    /// The name of an edge within the joins of its target.
    pub(super) fn transition(&self, edge: EdgeIx) -> Join {
        let Edge { source, event, .. } = &self.edges[edge.0];
        Join::Transition {
            source: self.name(*source).clone(),
            event: event.clone(),
        }
    }

    /// One part for each source: any of its transitions.
    fn by_source(&self, edges: &[EdgeIx]) -> Vec<Join> {
        let mut sources: Vec<(StepIx, Vec<Join>)> = Vec::new();
        for edge in edges {
            let source = self.edges[edge.0].source;
            let part = self.transition(*edge);
            match sources.iter_mut().find(|(known, _)| *known == source) {
                Some((_, parts)) => parts.push(part),
                None => sources.push((source, vec![part])),
            }
        }
        sources
            .into_iter()
            .map(|(_, parts)| group(Join::Any, parts))
            .collect()
    }

    /// `join` over the incoming edges of `step`; `None` if it names a transition that doesn't lead there.
    pub(super) fn gate(&self, step: StepIx, join: &Join) -> Option<Gate> {
        let parts = |parts: &[Join]| -> Option<Vec<Gate>> {
            parts.iter().map(|part| self.gate(step, part)).collect()
        };
        Some(match join {
            Join::Transition { source, event } => Gate::Edge(self.edge(source, event, step)?),
            Join::All(joins) => Gate::All(parts(joins)?),
            Join::Any(joins) => Gate::Any(parts(joins)?),
            Join::Settled(joins) => Gate::Settled(parts(joins)?),
        })
    }

    /// The edge from `source` for `event` to `target`.
    pub(super) fn edge(&self, source: &StepRef, event: &EventName, target: StepIx) -> Option<EdgeIx> {
        let source = self.index(source.as_str())?;
        let is_it = |at: &EdgeIx| {
            let edge = &self.edges[at.0];
            edge.source == source && edge.event == *event
        };
        self.incoming[target.0].iter().copied().find(is_it)
    }
}

/// A group of one is that one.
fn group(word: fn(Vec<Join>) -> Join, mut parts: Vec<Join>) -> Join {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            word(parts)
        }
    }
}
