//! Runs that get stuck, told as stories: in compile errors, by `hephaestus check`, and in the API.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::choices::Choice;
use crate::definition::{DeadJoin, EdgeIx, Join, StepIx, Workflow};
use crate::{EventName, StepRef};

/// How many ends a story tells.
const MAX_ENDS_TOLD: usize = 40;

/// How many reasons it tells for each join.
const MAX_REASONS_TOLD: usize = 8;

/// A run at whose end nothing is left to do and `done` was not reached.
///
/// As text it is one sentence, and a line for each join at which it got stuck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StuckRun {
    /// How each step ended that ran, in a possible order.
    pub ends: Vec<StepEnd>,
    /// The joins at which it got stuck.
    pub dead: Vec<DeadJoin>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepEnd {
    /// The step.
    pub step: StepRef,
    /// The event.
    pub event: EventName,
    /// The targets that were chosen, if the transition is dynamic.
    pub chosen: Option<Vec<StepRef>>,
}

/// What became of a step that a join needed another event of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It ended with another event.
    Ended(&'a StepEnd),
    /// It ended with the event, and the workflow's code chose other targets.
    ChoseOthers(&'a StepEnd),
    /// It didn't run.
    NeverRan(&'a StepRef),
}

impl StuckRun {
    /// Why `dead`, one of the joins of this run, can't get what it misses.
    pub fn reasons<'a>(&'a self, dead: &'a DeadJoin) -> Vec<Fate<'a>> {
        let mut reasons = Vec::new();
        for (source, event) in dead.missing.iter().flat_map(transitions) {
            let reason = match self.ends.iter().find(|end| end.step == *source) {
                None => Fate::NeverRan(source),
                Some(end) if end.event == *event && end.chosen.is_some() => Fate::ChoseOthers(end),
                // A part of an alternative that did come: it was not enough.
                Some(end) if end.event == *event => continue,
                Some(end) => Fate::Ended(end),
            };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }
}

/// The transitions that a join names, in its order.
fn transitions(join: &Join) -> Vec<(&StepRef, &EventName)> {
    match join {
        Join::Transition { source, event } => vec![(source, event)],
        Join::All(parts) | Join::Any(parts) | Join::Settled(parts) => {
            parts.iter().flat_map(transitions).collect()
        }
    }
}

impl fmt::Display for StepEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.event.is_failed() {
            return write!(f, "`{}` fails", self.step);
        }
        write!(f, "`{}` ends with `{}`", self.step, self.event)?;
        match &self.chosen {
            Some(chosen) => write!(f, " and chooses {}", quoted(chosen)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(end) if end.event.is_failed() => write!(f, "`{}` failed", end.step),
            Self::Ended(end) => write!(f, "`{}` ended with `{}`", end.step, end.event),
            Self::ChoseOthers(end) => write!(f, "`{}` chose other targets", end.step),
            Self::NeverRan(step) => write!(f, "`{step}` never ran"),
        }
    }
}

impl fmt::Display for StuckRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.told_ends();
        let more = self.ends.len() - told.len();
        let count = told.len() + usize::from(more > 0);
        f.write_str("when ")?;
        let mut before: Option<&StepEnd> = None;
        for (at, end) in told.into_iter().enumerate() {
            f.write_str(separator(at, count))?;
            // "`a` ends with `x`, `b` with `y`": the verb is said once, as long as it stays the same.
            if before.is_some_and(is_plain) && !end.event.is_failed() {
                f.write_str(&end.to_string().replacen(" ends with ", " with ", 1))?;
            } else {
                write!(f, "{end}")?;
            }
            before = Some(end);
        }
        if more > 0 {
            write!(f, "{}{more} more steps in some way", separator(count - 1, count))?;
        }
        f.write_str(", nothing is left to run and `done` is not reached:")?;
        self.dead.iter().try_for_each(|dead| self.fmt_dead(dead, f))
    }
}

impl StuckRun {
    /// The ends to tell: all of them; of too many, those of the steps that the dead joins name.
    fn told_ends(&self) -> Vec<&StepEnd> {
        if self.ends.len() <= MAX_ENDS_TOLD {
            return self.ends.iter().collect();
        }
        let joins = self.dead.iter().flat_map(|dead| transitions(&dead.join));
        let named: HashSet<&StepRef> = joins.map(|(source, _)| source).collect();
        let matters = |end: &&StepEnd| named.contains(&end.step);
        self.ends.iter().filter(matters).take(MAX_ENDS_TOLD).collect()
    }

    fn fmt_dead(&self, dead: &DeadJoin, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{dead}")?;
        let reasons = self.reasons(dead);
        let told = reasons.len().min(MAX_REASONS_TOLD);
        let count = told + usize::from(told < reasons.len());
        for (at, reason) in reasons[..told].iter().enumerate() {
            let before = if at == 0 { ": " } else { separator(at, count) };
            write!(f, "{before}{reason}")?;
        }
        match reasons.len() - told {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

fn is_plain(end: &StepEnd) -> bool {
    !end.event.is_failed() && end.chosen.is_none()
}

/// What stands before item `at` of so many.
fn separator(at: usize, count: usize) -> &'static str {
    match at {
        0 => "",
        at if at + 1 == count => " and ",
        _ => ", ",
    }
}

fn quoted(steps: &[StepRef]) -> String {
    let mut text = String::new();
    for (at, step) in steps.iter().enumerate() {
        text += separator(at, steps.len());
        text += &format!("`{step}`");
    }
    text
}

/// How the steps of a stuck run ended, as a story.
pub(super) fn tell(workflow: &Workflow, ends: &[(StepIx, Choice)]) -> StuckRun {
    let mut is_taken = vec![false; workflow.edges().len()];
    for edge in ends.iter().flat_map(|(_, choice)| &choice.taken) {
        is_taken[edge.0] = true;
    }
    let end = |(step, choice): &(StepIx, Choice)| StepEnd {
        step: workflow.step(*step).name.clone(),
        event: choice.event.clone(),
        chosen: choice.is_dynamic.then(|| targets(workflow, &choice.taken)),
    };
    StuckRun {
        ends: ends.iter().map(end).collect(),
        dead: workflow.dead_joins(|edge: EdgeIx| Some(is_taken[edge.0])),
    }
}

fn targets(workflow: &Workflow, edges: &[EdgeIx]) -> Vec<StepRef> {
    let target = |edge: &EdgeIx| workflow.step(workflow.edge(*edge).target).name.clone();
    edges.iter().map(target).collect()
}
