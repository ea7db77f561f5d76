//! Is it small enough?

use super::Subject;
use crate::definition::limits::{
    MAX_CONFIG_BYTES, MAX_EDGES, MAX_EVENTS_PER_STEP, MAX_METADATA, MAX_METADATA_KEY_BYTES,
    MAX_METADATA_VALUE_BYTES, MAX_REQUESTS_PER_STEP, MAX_STEPS, MAX_TAG_BYTES, MAX_TAGS, MAX_TRANSITIONS,
};
use crate::definition::{StepDefinition, Violation, ViolationKind, WorkflowDefinition};

/// Everything that the time of the other rules depends on; asked before them.
pub(super) fn counts(definition: &WorkflowDefinition, violations: &mut Vec<Violation>) {
    let edges = definition
        .transitions
        .iter()
        .map(|it| it.targets.declared().len())
        .sum();
    violations.extend(at_most(
        MAX_STEPS,
        definition.steps.len(),
        "steps",
        "split the workflow",
    ));
    violations.extend(at_most(
        MAX_TRANSITIONS,
        definition.transitions.len(),
        "transitions",
        "split the workflow",
    ));
    violations.extend(at_most(
        MAX_EDGES,
        edges,
        "targets of transitions",
        "split the workflow",
    ));
    for step in &definition.steps {
        violations.extend(events(step));
        violations.extend(requests(step));
    }
}

fn events(step: &StepDefinition) -> Option<Violation> {
    let events = step.emits.len() + step.accepts.len();
    let what = format!("events in step `{}`", step.name);
    let violation = at_most(
        MAX_EVENTS_PER_STEP,
        events,
        &what,
        "put what differs into the step's result",
    )?;
    Some(violation.at(&step.name))
}

fn requests(step: &StepDefinition) -> Option<Violation> {
    let what = format!("requests for capabilities in step `{}`", step.name);
    let fix = "ask for what they have in common, like `https://*.example.org`";
    let violation = at_most(MAX_REQUESTS_PER_STEP, step.requests.len(), &what, fix)?;
    Some(violation.at(&step.name))
}

/// Everything that is stored and shown, but not walked.
pub(super) fn texts(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    let definition = subject.definition;
    violations.extend(at_most(
        MAX_TAGS,
        definition.tags.len(),
        "tags",
        "keep those that you search by",
    ));
    for (at, tag) in definition.tags.iter().enumerate() {
        let what = format!("bytes in tag {}", at + 1);
        violations.extend(at_most(MAX_TAG_BYTES, tag.len(), &what, "shorten it"));
    }
    let facts = definition.metadata.len();
    violations.extend(at_most(
        MAX_METADATA,
        facts,
        "facts of metadata",
        "keep those that matter",
    ));
    for (at, (key, value)) in definition.metadata.iter().enumerate() {
        let what = format!("bytes in the name of metadata fact {}", at + 1);
        violations.extend(at_most(MAX_METADATA_KEY_BYTES, key.len(), &what, "shorten it"));
        let what = format!("bytes in metadata fact {}", at + 1);
        violations.extend(at_most(
            MAX_METADATA_VALUE_BYTES,
            value.len(),
            &what,
            "shorten it",
        ));
    }
    for step in &definition.steps {
        let bytes = step.config.as_ref().map_or(0, |config| config.as_str().len());
        let what = format!("bytes of configuration in step `{}`", step.name);
        let violation = at_most(
            MAX_CONFIG_BYTES,
            bytes,
            &what,
            "keep large data outside the definition",
        );
        violations.extend(violation.map(|it| it.at(&step.name)));
    }
}

fn at_most(limit: usize, found: usize, what: &str, fix: &str) -> Option<Violation> {
    (found > limit).then(|| {
        let message = format!("{found} {what}: {limit} are allowed");
        Violation::new(ViolationKind::LimitExceeded, message, fix)
    })
}
