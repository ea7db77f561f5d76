//! Tests of what counts as waiting.

use hephaestus_host::core::definition::{
    BusinessKey, JoinRule, StepDefinition, Targets, Transition, Uniqueness, Workflow, WorkflowDefinition,
};
use hephaestus_host::core::{EventName, WorkflowVersion};

use super::*;
use crate::output::fixtures::{Journal, START, attempt_failed, completed, created, event, step, waits};

fn leads(source: &str, with: EventName, targets: &[&str]) -> Transition {
    Transition {
        source: step(source),
        event: with,
        targets: Targets::Static(targets.iter().map(|name| step(name)).collect()),
    }
}

fn emits(name: &str, with: &str) -> StepDefinition {
    StepDefinition {
        emits: vec![event(with)],
        ..StepDefinition::new(step(name))
    }
}

/// `validate`, then `approve`, which waits, beside `ship`, which runs.
fn workflow() -> Arc<Workflow> {
    let approve = StepDefinition {
        accepts: vec![event("approved"), EventName::timeout()],
        ..StepDefinition::new(step("approve"))
    };
    let done = StepDefinition {
        join: JoinRule::All,
        ..StepDefinition::new(step("done"))
    };
    let definition = WorkflowDefinition {
        name: "order-flow".parse().expect("a name"),
        version: WorkflowVersion(1),
        start: step("validate"),
        steps: vec![
            emits("validate", "valid"),
            approve,
            emits("ship", "shipped"),
            done,
        ],
        transitions: vec![
            leads("validate", event("valid"), &["approve", "ship"]),
            leads("approve", event("approved"), &["done"]),
            leads("approve", EventName::timeout(), &["done"]),
            leads("ship", event("shipped"), &["done"]),
        ],
        business_key: BusinessKey {
            name: "orderid".parse().expect("a key"),
            uniqueness: Uniqueness::Workflow,
        },
        retry: None,
        deadline: None,
        on_cancel: None,
        tags: Vec::new(),
        metadata: BTreeMap::new(),
    };
    Arc::new(Workflow::new(definition).expect("a sound graph"))
}

fn approval_waits() -> Journal {
    Journal::default()
        .at(0, created())
        .at(
            1,
            completed("validate", "valid", 10, None, &["approve", "ship"], &[]),
        )
        .at(2, waits("approve", 60_000))
}

#[track_caller]
fn check(journal: Journal, after_ms: u64, expected: bool) {
    let state = InstanceState::fold(workflow(), &journal.entries()).expect("a journal");
    assert_eq!(waits_for_events(&state, Timestamp(START.0 + after_ms)), expected);
}

#[test]
fn while_another_step_runs_it_goes_on_by_itself() {
    check(approval_waits(), 10, false);
}

#[test]
fn a_pause_before_another_attempt_is_no_waiting() {
    let journal = approval_waits().at(3, attempt_failed("ship", 1, "busy", 5_000));
    check(journal, 10, false);
}

#[test]
fn it_waits_until_its_timer_is_due() {
    let journal = || approval_waits().at(3, completed("ship", "shipped", 10, None, &[], &[]));
    check(journal(), 10, true);
    check(journal(), 59_999, true);
    check(journal(), 60_000, false);
}
