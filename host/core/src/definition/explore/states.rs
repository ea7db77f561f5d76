//! All runs at once: steps in topological order, runs with the same future merged.
//!
//! When a step's turn comes, all steps before it have ended or are dead, so every edge to it is known. What the past
//! means for the future is which parts of the joins to come it has made true: that is a [`State`]. Nodes remember by
//! which choices each state was reached, so that the stuck runs can be told.

use std::collections::BTreeMap;

use super::choices::{self, Choice};
use super::goals::{Goals, State};
use super::{Exploration, ExploreOptions, StuckRun, order, tell};
use crate::definition::{EdgeIx, StepIx, Workflow};

/// The runs are too many for the bound.
#[derive(Debug)]
pub(super) struct TooMany;

pub(super) fn exhaust(workflow: &Workflow, options: &ExploreOptions) -> Result<Exploration, TooMany> {
    let mut visit = Visit::new(workflow, options.max_visits);
    for step in order(workflow) {
        visit.take_turn(step)?;
    }
    let done = workflow.done();
    let (completed, stuck): (Vec<_>, Vec<_>) = visit
        .layer
        .iter()
        .partition(|(state, _)| visit.is_ready(done, state));
    let runs = |nodes: &[(&State, &NodeIx)]| {
        let runs = nodes.iter().map(|(_, node)| visit.nodes[node.0].runs);
        runs.fold(0, u64::saturating_add)
    };
    let mut told = Vec::new();
    for (_, node) in &stuck {
        visit.tell_each(**node, options.max_told, &mut told);
    }
    Ok(Exploration {
        runs: runs(&completed).saturating_add(runs(&stuck)),
        exhaustive: true,
        stuck_runs: runs(&stuck),
        stuck: told,
        never_ready: visit.never_ready(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NodeIx(usize);

/// A state that was reached.
#[derive(Debug, Default)]
struct Node {
    /// By how many runs.
    runs: u64,
    /// From which states, by which choice of the step whose turn it was; `None`: it was dead.
    origins: Vec<(NodeIx, Option<usize>)>,
}

struct Visit<'a> {
    workflow: &'a Workflow,
    goals: Goals,
    /// The states that the runs are in.
    layer: BTreeMap<State, NodeIx>,
    nodes: Vec<Node>,
    /// Per step: its turn has come, and so the edges from it are known.
    is_past: Vec<bool>,
    /// Whose turn it was, and in which ways it could end. A node is as many origins away from the first as turns were
    /// taken.
    turns: Vec<(StepIx, Vec<Choice>)>,
    /// Per step: it was ready in a run.
    was_ready: Vec<bool>,
    visits_left: usize,
}

impl<'a> Visit<'a> {
    fn new(workflow: &'a Workflow, max_visits: usize) -> Self {
        let goals = Goals::new(workflow);
        let first = Node {
            runs: 1,
            origins: Vec::new(),
        };
        Self {
            workflow,
            layer: BTreeMap::from([(goals.only(workflow.start()), NodeIx(0))]),
            goals,
            nodes: vec![first],
            is_past: vec![false; workflow.steps().len()],
            turns: Vec::new(),
            was_ready: vec![false; workflow.steps().len()],
            visits_left: max_visits,
        }
    }

    /// Lets `step` end in every way in which it can, in every state.
    fn take_turn(&mut self, step: StepIx) -> Result<(), TooMany> {
        let choices = choices::all(self.workflow, step, self.visits_left).ok_or(TooMany)?;
        self.is_past[step.0] = true;
        let touched = self.touched(step);
        let join_sizes: usize = touched.iter().map(|target| self.goals.size(*target)).sum();
        let mut next = BTreeMap::new();
        for (mut state, node) in std::mem::take(&mut self.layer) {
            let is_ready = self.is_ready(step, &state);
            self.was_ready[step.0] |= is_ready;
            self.goals.forget(&mut state, step);
            let ends = choices
                .iter()
                .enumerate()
                .map(|(at, choice)| (Some(at), &choice.taken[..]));
            let ends: Vec<_> = if is_ready {
                ends.collect()
            } else {
                vec![(None, &[][..])]
            };
            for (choice, taken) in ends {
                let cost = 1 + state.len() + join_sizes;
                self.visits_left = self.visits_left.checked_sub(cost).ok_or(TooMany)?;
                let state = self.successor(&state, taken, &touched);
                self.reach(&mut next, state, (node, choice));
            }
        }
        self.layer = next;
        self.turns.push((step, choices));
        Ok(())
    }

    /// The steps that the edges from `step` lead to.
    fn touched(&self, step: StepIx) -> Vec<StepIx> {
        let edges = self.workflow.outgoing(step).iter();
        let mut touched: Vec<StepIx> = edges.map(|edge| self.workflow.edge(*edge).target).collect();
        touched.sort();
        touched.dedup();
        touched
    }

    fn reach(&mut self, layer: &mut BTreeMap<State, NodeIx>, state: State, origin: (NodeIx, Option<usize>)) {
        let new = NodeIx(self.nodes.len());
        let node = *layer.entry(state).or_insert(new);
        if node == new {
            self.nodes.push(Node::default());
        }
        let runs = self.nodes[origin.0.0].runs;
        let reached = &mut self.nodes[node.0];
        reached.runs = reached.runs.saturating_add(runs);
        reached.origins.push(origin);
    }

    /// `state` once more edges are known: `taken` and no other ones to the steps that were `touched`.
    fn successor(&self, state: &State, taken: &[EdgeIx], touched: &[StepIx]) -> State {
        let value = |edge: EdgeIx| self.is_known(edge).then(|| taken.contains(&edge));
        let mut state = state.clone();
        for target in touched {
            self.goals.update(&mut state, *target, &value);
        }
        state
    }

    /// Whether `step` runs; its turn has come.
    fn is_ready(&self, step: StepIx, state: &State) -> bool {
        self.goals
            .is_certain(step, state, &|edge| self.is_known(edge).then_some(false))
    }

    fn is_known(&self, edge: EdgeIx) -> bool {
        self.is_past[self.workflow.edge(edge).source.0]
    }

    /// Appends to `told` the runs that end at `last`, until there are `max`.
    fn tell_each(&self, last: NodeIx, max: usize, told: &mut Vec<StuckRun>) {
        // The way back from `last` that is being walked: nodes, and how many of the origins of each were walked. No more
        // of the ways is looked at than is told.
        let mut way = vec![(last, 0)];
        while told.len() < max {
            let Some((node, walked)) = way.last_mut() else {
                return;
            };
            let origins = &self.nodes[node.0].origins;
            if let Some((origin, _)) = origins.get(*walked) {
                *walked += 1;
                way.push((*origin, 0));
                continue;
            }
            if origins.is_empty() {
                told.push(self.story(&way));
            }
            way.pop();
        }
    }

    /// The run that came this way.
    fn story(&self, way: &[(NodeIx, usize)]) -> StuckRun {
        let steps = way.iter().filter_map(|(node, walked)| {
            let (_, choice) = self.nodes[node.0].origins.get(walked.checked_sub(1)?)?;
            Some(*choice)
        });
        let choices: Vec<Option<usize>> = steps.collect();
        let turns = self.turns.iter().zip(choices.iter().rev());
        let ends = turns.filter_map(|((step, ways), choice)| Some((*step, ways[(*choice)?].clone())));
        tell(self.workflow, &ends.collect::<Vec<_>>())
    }

    fn never_ready(&self) -> Vec<crate::StepRef> {
        let steps = order(self.workflow).filter(|step| !self.was_ready[step.0]);
        steps.map(|step| self.workflow.step(step).name.clone()).collect()
    }
}
