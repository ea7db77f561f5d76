//! Why a step can't run any more, in words.

use std::fmt;

use serde::Serialize;

use super::graph::Graph;
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
}

impl DeadJoin {
    /// `None`: nothing leads to `step`.
    pub(super) fn new(graph: &Graph, step: StepIx, edge: impl Fn(EdgeIx) -> Option<bool>) -> Option<Self> {
        let with_value = |value: bool| {
            let incoming = graph.incoming[step.0].iter();
            let edges = incoming.filter(|at| edge(**at) == Some(value));
            edges.map(|at| graph.transition(*at)).collect()
        };
        Some(Self {
            step: graph.name(step).clone(),
            join: graph.join(step)?,
            taken: with_value(true),
            dead: with_value(false),
        })
    }
}

impl fmt::Display for DeadJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            join,
            taken,
            dead,
        } = self;
        write!(f, "`{step}` can't run: its join {} got ", words::join(join))?;
        match &taken[..] {
            [] => write!(f, "nothing")?,
            some => write!(f, "{}", words::list(some))?,
        }
        if !dead.is_empty() {
            write!(f, ", and {} can't come any more", words::list(dead))?;
        }
        Ok(())
    }
}
