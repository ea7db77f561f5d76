//! Does each event lead somewhere, and does each transition belong to an event?

use std::collections::HashSet;

use super::Subject;
use super::steps::unknown_step;
use crate::EventName;
use crate::definition::{StepDefinition, Transition, Violation, ViolationKind};

pub(super) fn known_steps(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for transition in &subject.definition.transitions {
        let Transition {
            source,
            event,
            targets,
        } = transition;
        if subject.graph.index(source.as_str()).is_none() {
            violations.push(unknown_step(subject, "a transition leaves", source).on(event));
        }
        for target in targets.declared() {
            if subject.graph.index(target.as_str()).is_none() {
                let context = format!("the transition of `{source}` for `{event}` leads to");
                violations.push(unknown_step(subject, &context, target).at(source).on(event));
            }
        }
    }
}

pub(super) fn leave_no_terminal_step(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for Transition { source, event, .. } in &subject.definition.transitions {
        if source.is_done() {
            let message = format!("a transition leaves `done` for `{event}`");
            let fix = "the instance is complete at `done`: remove the transition, or put a step before it";
            violations.push(
                Violation::new(ViolationKind::DoneIsBuiltIn, message, fix)
                    .at(source)
                    .on(event),
            );
        }
    }
}

pub(super) fn unique(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let mut seen = HashSet::new();
    let mut reported = HashSet::new();
    for Transition { source, event, .. } in &subject.definition.transitions {
        if !seen.insert((source, event)) && reported.insert((source, event)) {
            let message = format!("step `{source}` has several transitions for `{event}`");
            let fix = "name all targets in one transition";
            violations.push(
                Violation::new(ViolationKind::DuplicateTransition, message, fix)
                    .at(source)
                    .on(event),
            );
        }
    }
}

/// Each transition has targets, and each of them once.
pub(super) fn targets(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for Transition {
        source,
        event,
        targets,
    } in &subject.definition.transitions
    {
        if targets.declared().is_empty() {
            let message = format!("the transition of `{source}` for `{event}` has no targets");
            let fix = if targets.is_dynamic() {
                "declare every step that `transit` may choose"
            } else {
                "name where it leads: `done`, if nothing follows"
            };
            violations.push(
                Violation::new(ViolationKind::NoTargets, message, fix)
                    .at(source)
                    .on(event),
            );
        }
        let mut seen = HashSet::new();
        for target in targets.declared().iter().filter(|target| !seen.insert(*target)) {
            let message = format!("the transition of `{source}` for `{event}` names `{target}` twice");
            let fix = "name it once: a step runs once at most";
            violations.push(
                Violation::new(ViolationKind::DuplicateTarget, message, fix)
                    .at(source)
                    .on(event),
            );
        }
    }
}

/// What failed may be the very code that `transit` would run.
pub(super) fn static_when_failed(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for Transition {
        source,
        event,
        targets,
    } in &subject.definition.transitions
    {
        if event.is_failed() && targets.is_dynamic() {
            let message = format!("the transition of `{source}` for `failed` is dynamic");
            let fix = "make it static: compensation can't depend on the code that failed";
            violations.push(
                Violation::new(ViolationKind::DynamicFailed, message, fix)
                    .at(source)
                    .on(event),
            );
        }
    }
}

pub(super) fn for_every_event(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let transitions = &subject.definition.transitions;
    let known: HashSet<_> = transitions.iter().map(|it| (&it.source, &it.event)).collect();
    for step in subject
        .graph
        .steps
        .iter()
        .filter(|step| needs_transitions(subject, step))
    {
        let mut seen = HashSet::new();
        for event in events(step).filter(|event| !event.is_failed() && seen.insert(*event)) {
            if !known.contains(&(&step.name, event)) {
                let verb = if step.emits.contains(event) {
                    "emits"
                } else {
                    "accepts"
                };
                let message = format!(
                    "step `{}` {verb} `{event}`, but no transition is for it",
                    step.name
                );
                let fix = "add the transition: to `done`, if nothing follows";
                let violation = Violation::new(ViolationKind::MissingTransition, message, fix);
                violations.push(violation.at(&step.name).on(event));
            }
        }
    }
}

/// `done` has no events that count, and the step for cancelling ends the instance whatever it ends with.
fn needs_transitions(subject: &Subject<'_>, step: &StepDefinition) -> bool {
    !step.name.is_done() && subject.definition.on_cancel.as_ref() != Some(&step.name)
}

pub(super) fn for_known_events(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for Transition { source, event, .. } in &subject.definition.transitions {
        let step = subject
            .graph
            .index(source.as_str())
            .map(|at| &subject.graph.steps[at.0]);
        // An unknown source, and `done`, were reported as such.
        let Some(step) = step.filter(|step| !step.name.is_done()) else {
            continue;
        };
        if !event.is_failed() && !events(step).any(|known| known == event) {
            let message = format!(
                "a transition is for `{event}` of step `{source}`, which neither emits nor accepts it"
            );
            let guess = subject.guess(event.as_str(), events(step).map(EventName::as_str));
            let fix = format!("{guess}declare the event, or remove the transition");
            violations.push(
                Violation::new(ViolationKind::UnknownEvent, message, fix)
                    .at(source)
                    .on(event),
            );
        }
    }
}

fn events(step: &StepDefinition) -> impl Iterator<Item = &EventName> {
    step.emits.iter().chain(&step.accepts)
}
