//! Which steps run, worked out the slow way: straight from the definition and how steps have ended, without the engine's
//! index, its joins, or any memory of what was found before.

use std::collections::{BTreeMap, BTreeSet};

use hephaestus_core::StepRef;
use hephaestus_core::definition::{Join, JoinRule, Targets, WorkflowDefinition};

/// How the steps that have ended did: the event, and the targets of it.
pub(crate) type Ends = BTreeMap<StepRef, (String, Vec<StepRef>)>;

pub(crate) struct Model<'a> {
    pub(crate) definition: &'a WorkflowDefinition,
    pub(crate) ends: &'a Ends,
}

impl Model<'_> {
    /// Whether a step runs, or has: `None` if that is open yet.
    pub(crate) fn runs(&self, step: &StepRef) -> Option<bool> {
        if *step == self.definition.start {
            return Some(true);
        }
        if Some(step) == self.definition.on_cancel.as_ref() {
            return None;
        }
        let given = self.definition.steps.iter().find(|given| given.name == *step);
        match given.map_or(&JoinRule::Default, |given| &given.join) {
            JoinRule::Default if step.is_done() => settled(&self.leading(step)),
            JoinRule::Default | JoinRule::All => {
                let by_source: Vec<Option<bool>> = self
                    .sources(step)
                    .iter()
                    .map(|source| self.from(source, step))
                    .collect();
                all(&by_source)
            }
            JoinRule::Any => any(&self.leading(step)),
            JoinRule::Settled => settled(&self.leading(step)),
            JoinRule::Expression(join) => self.expression(join, step),
        }
    }

    fn expression(&self, join: &Join, step: &StepRef) -> Option<bool> {
        let parts = |parts: &[Join]| -> Vec<Option<bool>> {
            parts.iter().map(|part| self.expression(part, step)).collect()
        };
        match join {
            Join::Transition { source, event } => self.transition(source, event.as_str(), step),
            Join::All(inner) => all(&parts(inner)),
            Join::Any(inner) => any(&parts(inner)),
            Join::Settled(inner) => settled(&parts(inner)),
        }
    }

    /// The transitions that lead to a step.
    fn leading(&self, step: &StepRef) -> Vec<Option<bool>> {
        let leading = self.definition.transitions.iter();
        let leading = leading.filter(|transition| transition.targets.declared().contains(step));
        leading
            .map(|transition| self.transition(&transition.source, transition.event.as_str(), step))
            .collect()
    }

    fn sources(&self, step: &StepRef) -> BTreeSet<StepRef> {
        let leading = self.definition.transitions.iter();
        let leading = leading.filter(|transition| transition.targets.declared().contains(step));
        leading.map(|transition| transition.source.clone()).collect()
    }

    /// Any transition from one source.
    fn from(&self, source: &StepRef, step: &StepRef) -> Option<bool> {
        let leading = self.definition.transitions.iter();
        let leading = leading.filter(|transition| {
            transition.source == *source && transition.targets.declared().contains(step)
        });
        let values: Vec<_> = leading
            .map(|transition| self.transition(source, transition.event.as_str(), step))
            .collect();
        any(&values)
    }

    fn transition(&self, source: &StepRef, event: &str, target: &StepRef) -> Option<bool> {
        match self.ends.get(source) {
            Some((ended, targets)) => Some(ended == event && targets.contains(target)),
            None if self.runs(source) == Some(false) => Some(false),
            None => None,
        }
    }
}

/// Where the event of a step leads, given what was chosen.
pub(crate) fn targets(
    definition: &WorkflowDefinition,
    step: &StepRef,
    event: &str,
    chosen: Option<&Vec<StepRef>>,
) -> Vec<StepRef> {
    let own = definition.transitions.iter();
    let mut own = own.filter(|transition| transition.source == *step && transition.event.as_str() == event);
    match own.next().map(|transition| &transition.targets) {
        None => Vec::new(),
        Some(Targets::Static(targets)) => targets.clone(),
        Some(Targets::Dynamic(_)) => chosen.cloned().unwrap_or_default(),
    }
}

fn all(values: &[Option<bool>]) -> Option<bool> {
    if values.contains(&Some(false)) {
        return Some(false);
    }
    values.iter().all(|value| *value == Some(true)).then_some(true)
}

fn any(values: &[Option<bool>]) -> Option<bool> {
    if values.contains(&Some(true)) {
        return Some(true);
    }
    values.iter().all(|value| *value == Some(false)).then_some(false)
}

fn settled(values: &[Option<bool>]) -> Option<bool> {
    if values.contains(&None) {
        return None;
    }
    any(values)
}
