//! What the joins still ask for: every part of every join has a number, and a state of an exploration is the set of
//! parts that are certain to become true.
//!
//! Of such a part only the part itself is kept, not what made it true; of a part that is certain to become false,
//! nothing. So runs that differ only in what no longer matters are in the same state.

use std::ops::Range;

use crate::definition::join::{self, Gate};
use crate::definition::{EdgeIx, StepIx, Workflow};

/// The parts that are certain to become true, none within another: numbers, sorted.
pub(super) type State = Vec<usize>;

/// One part of a join.
enum Goal {
    Edge(EdgeIx),
    All(Vec<usize>),
    /// `any`, and `settled`: once all edges are known, they are the same.
    Any(Vec<usize>),
}

/// The joins of a workflow, taken apart.
pub(super) struct Goals {
    goals: Vec<Goal>,
    /// Per step: the numbers of its join's parts, the whole join first. The start step has one without an edge.
    of_step: Vec<Range<usize>>,
}

impl Goals {
    pub(super) fn new(workflow: &Workflow) -> Self {
        let mut goals = Self {
            goals: Vec::new(),
            of_step: Vec::new(),
        };
        for at in 0..workflow.steps().len() {
            let first = goals.goals.len();
            match workflow.gate(StepIx(at)) {
                Some(gate) => drop(goals.add(gate)),
                None => goals.goals.push(Goal::Any(Vec::new())),
            }
            goals.of_step.push(first..goals.goals.len());
        }
        goals
    }

    fn add(&mut self, gate: &Gate) -> usize {
        let number = self.goals.len();
        self.goals.push(Goal::Any(Vec::new()));
        let mut add_all = |parts: &[Gate]| parts.iter().map(|part| self.add(part)).collect();
        let goal = match gate {
            Gate::Edge(edge) => Goal::Edge(*edge),
            Gate::All(parts) => Goal::All(add_all(parts)),
            Gate::Any(parts) | Gate::Settled(parts) => Goal::Any(add_all(parts)),
        };
        self.goals[number] = goal;
        number
    }

    /// How many parts the join of `step` has.
    pub(super) fn size(&self, step: StepIx) -> usize {
        self.of_step[step.0].len()
    }

    /// The state in which only `step` is certain to run.
    pub(super) fn only(&self, step: StepIx) -> State {
        vec![self.of_step[step.0].start]
    }

    /// Removes all that `state` says about `step`.
    pub(super) fn forget(&self, state: &mut State, step: StepIx) {
        let goals = &self.of_step[step.0];
        let from = state.partition_point(|goal| *goal < goals.start);
        let to = state.partition_point(|goal| *goal < goals.end);
        state.drain(from..to);
    }

    /// Whether `step` is certain to run; where all edges to it are known, whether it runs.
    pub(super) fn is_certain(
        &self,
        step: StepIx,
        state: &State,
        edge: &impl Fn(EdgeIx) -> Option<bool>,
    ) -> bool {
        self.settle(self.of_step[step.0].start, state, edge, &mut Vec::new()) == Some(true)
    }

    /// Brings what `state` says about `step` up to date.
    ///
    /// `edge` gives the values of edges: of those that became known before, whichever was taken is dead or part of
    /// `state`.
    pub(super) fn update(&self, state: &mut State, step: StepIx, edge: &impl Fn(EdgeIx) -> Option<bool>) {
        let mut certain = Vec::new();
        self.settle(self.of_step[step.0].start, state, edge, &mut certain);
        self.forget(state, step);
        let at = state.partition_point(|goal| *goal < self.of_step[step.0].start);
        state.splice(at..at, certain);
    }

    /// The value of a goal, as far as it is certain. Appends the goals within it that are certain to become true,
    /// in ascending order: parts are numbered in the order of the join.
    fn settle(
        &self,
        goal: usize,
        state: &State,
        edge: &impl Fn(EdgeIx) -> Option<bool>,
        certain: &mut Vec<usize>,
    ) -> Option<bool> {
        let outside = certain.len();
        let value = if state.binary_search(&goal).is_ok() {
            Some(true)
        } else {
            let mut settle_part = |part: &usize| self.settle(*part, state, edge, certain);
            match &self.goals[goal] {
                Goal::Edge(at) => edge(*at),
                Goal::All(parts) => join::fold(parts, false, &mut settle_part),
                Goal::Any(parts) => join::fold(parts, true, &mut settle_part),
            }
        };
        if let Some(is_certain) = value {
            certain.truncate(outside);
            certain.extend(is_certain.then_some(goal));
        }
        value
    }
}
