//! Why a step can't run any more, in words.

use std::fmt;

use serde::Serialize;

use super::graph::Graph;
use super::join::Gate;
use super::{EdgeIx, Join, StepIx, words};
use crate::StepRef;

/// A join that can't become true any more: what it asked for, and what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadJoin {
    /// The step that can't run.
    pub step: StepRef,
    /// Its join, spelled out.
    pub join: Join,
    /// The transitions to it that were taken.
    pub taken: Vec<Join>,
    /// The transitions to it that are dead.
    pub dead: Vec<Join>,
    /// The parts of the join that it misses: each can't become true any more, and is needed.
    pub missing: Vec<Join>,
}

impl DeadJoin {
    /// `None`: nothing leads to `step`.
    pub(super) fn new(graph: &Graph, step: StepIx, edge: impl Fn(EdgeIx) -> Option<bool>) -> Option<Self> {
        let with_value = |value: bool| {
            let incoming = graph.incoming[step.0].iter();
            let edges = incoming.filter(|at| edge(**at) == Some(value));
            edges.map(|at| graph.transition(*at)).collect()
        };
        let join = graph.join(step)?;
        Some(Self {
            step: graph.name(step).clone(),
            taken: with_value(true),
            dead: with_value(false),
            missing: false_parts(&join, &graph.gate(step, &join)?, &edge),
            join,
        })
    }
}

impl fmt::Display for DeadJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step, taken, missing, ..
        } = self;
        write!(f, "`{step}` got ")?;
        match &taken[..] {
            [] => f.write_str("nothing")?,
            [first, last] => write!(f, "`{first}` and `{last}`")?,
            some => f.write_str(&words::list(some))?,
        }
        let missing: Vec<String> = missing.iter().map(words::join).collect();
        match &missing[..] {
            [] => Ok(()),
            [one] => write!(f, ", but not {one}"),
            [first, others @ ..] => write!(f, ", but neither {first} nor {}", others.join(" nor ")),
        }
    }
}

/// The parts of a join that is false because of which it is: those of an `all` that are false, else the join itself.
fn false_parts(join: &Join, gate: &Gate, edge: &impl Fn(EdgeIx) -> Option<bool>) -> Vec<Join> {
    match (join, gate) {
        (Join::All(joins), Gate::All(gates)) => {
            let parts = joins.iter().zip(gates);
            let lost = parts.filter(|(_, gate)| gate.evaluate(edge) == Some(false));
            lost.flat_map(|(join, gate)| false_parts(join, gate, edge))
                .collect()
        }
        _ => vec![join.clone()],
    }
}
