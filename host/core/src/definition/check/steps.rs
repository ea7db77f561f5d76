//! Does each step make sense by itself?

use std::collections::HashSet;

use super::Subject;
use crate::StepRef;
use crate::definition::words::list;
use crate::definition::{StepDefinition, Violation, ViolationKind};

pub(super) fn version(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    if subject.definition.version.0 == 0 {
        let fix = "count versions from 1";
        violations.push(Violation::new(ViolationKind::BadVersion, "the version is 0", fix));
    }
}

pub(super) fn unique_names(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let mut seen = HashSet::new();
    let mut reported = HashSet::new();
    for step in &subject.definition.steps {
        if !seen.insert(&step.name) && reported.insert(&step.name) {
            let message = format!("several steps are called `{}`", step.name);
            let fix = "give each a name of its own: results and transitions go by it";
            violations.push(Violation::new(ViolationKind::DuplicateStep, message, fix).at(&step.name));
        }
    }
}

/// What is listed as `done` can only give it another join.
pub(super) fn done_is_built_in(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for step in subject.definition.steps.iter().filter(|step| step.name.is_done()) {
        let plain = StepDefinition {
            join: step.join.clone(),
            ..StepDefinition::new(step.name.clone())
        };
        if *step != plain {
            let message =
                "`done` is listed with events, a retry policy, a deadline, a configuration or requests";
            let fix = "it is built in and runs no code: list it with a join only, or not at all";
            violations.push(Violation::new(ViolationKind::DoneIsBuiltIn, message, fix).at(&step.name));
        }
    }
}

pub(super) fn start(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let start = &subject.definition.start;
    if start.is_done() {
        let message = "the workflow starts with `done`";
        let fix = "name the first step that does something";
        violations.push(Violation::new(ViolationKind::BadStart, message, fix).at(start));
        return;
    }
    let Some(at) = subject.graph.index(start.as_str()) else {
        violations.push(unknown_step(subject, "the workflow starts with", start));
        return;
    };
    for edge in &subject.graph.incoming[at.0] {
        let edge = &subject.graph.edges[edge.0];
        let source = subject.graph.name(edge.source);
        let message = format!(
            "`{source}` leads to the start step `{start}` for `{}`",
            edge.event
        );
        let fix =
            "instances begin there: no transition may lead to it; put a step before it if another path joins";
        violations.push(
            Violation::new(ViolationKind::BadStart, message, fix)
                .at(source)
                .on(&edge.event),
        );
    }
}

pub(super) fn on_cancel(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let Some(step) = &subject.definition.on_cancel else {
        return;
    };
    if subject.graph.index(step.as_str()).is_none() {
        violations.push(unknown_step(subject, "the step for cancelling is", step));
    } else if step.is_done() || *step == subject.definition.start {
        let message = format!("the step for cancelling is `{step}`, which has a part in every instance");
        let fix = "name a step of its own: it runs after all others were stopped";
        violations.push(Violation::new(ViolationKind::BadOnCancel, message, fix).at(step));
    } else {
        for transition in &subject.definition.transitions {
            let is_target = transition.targets.declared().contains(step);
            if transition.source == *step || is_target {
                let (source, event) = (&transition.source, &transition.event);
                let direction = if is_target { "leads to" } else { "leaves" };
                let message = format!(
                    "the transition of `{source}` for `{event}` {direction} `{step}`, the step for cancelling"
                );
                let fix = "it runs when an operator cancels and its end is the end of the instance: remove the transition";
                violations.push(
                    Violation::new(ViolationKind::BadOnCancel, message, fix)
                        .at(source)
                        .on(event),
                );
            }
        }
    }
}

pub(super) fn some_event(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for step in subject
        .definition
        .steps
        .iter()
        .filter(|step| !step.name.is_done())
    {
        if step.emits.is_empty() && step.accepts.is_empty() {
            let message = format!(
                "step `{}` neither emits nor accepts an event: it can't end",
                step.name
            );
            let fix = "declare the events that its code ends with, or that end its wait, and where they lead (`done`, if nothing follows)";
            violations.push(Violation::new(ViolationKind::DeadEnd, message, fix).at(&step.name));
        }
    }
}

/// An event may be both emitted and accepted: the step can end with it either way, with the same transition.
pub(super) fn unique_events(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for step in &subject.definition.steps {
        for (events, verb) in [(&step.emits, "emits"), (&step.accepts, "accepts")] {
            let mut seen = HashSet::new();
            for event in events.iter().filter(|event| !seen.insert(*event)) {
                let message = format!("step `{}` lists `{event}` twice in what it {verb}", step.name);
                let violation = Violation::new(ViolationKind::DuplicateEvent, message, "list it once");
                violations.push(violation.at(&step.name).on(event));
            }
        }
    }
}

/// `failed` is the host's: it says that a step has used up its attempts.
pub(super) fn reserved_events(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for step in &subject.definition.steps {
        for (events, verb) in [(&step.emits, "emits"), (&step.accepts, "accepts")] {
            for event in events.iter().filter(|event| event.is_failed()) {
                let message = format!("step `{}` {verb} `failed`, which is reserved", step.name);
                let fix = "use another name for an outcome of the business; to handle steps that used up their attempts, only add the transition for `failed`";
                violations.push(
                    Violation::new(ViolationKind::ReservedEvent, message, fix)
                        .at(&step.name)
                        .on(event),
                );
            }
        }
    }
}

/// `context` says who names it, like "the workflow starts with".
pub(super) fn unknown_step(subject: &Subject<'_>, context: &str, step: &StepRef) -> Violation {
    let known = || subject.graph.steps.iter().map(|step| step.name.as_str());
    let message = format!("{context} `{step}`, which is not a step");
    let guess = subject.guess(step.as_str(), known());
    let fix = format!("{guess}add the step, or name one of {}", list(known()));
    Violation::new(ViolationKind::UnknownStep, message, fix).at(step)
}
