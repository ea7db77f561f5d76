//! Tests of what counts as waiting.

use hephaestus_host::core::definition::{JoinRule, Uniqueness, Workflow, WorkflowBuilder, step as define};

use super::*;
use crate::output::fixtures::{Journal, START, attempt_failed, completed, created, waits};

/// `validate`, then `approve`, which waits, beside `ship`, which runs.
fn workflow() -> Arc<Workflow> {
    let approve = define("approve")
        .accepts("approved", ["done"])
        .accepts("timeout", ["done"]);
    let workflow = WorkflowBuilder::new("order-flow", 1)
        .business_key("orderid", Uniqueness::Workflow)
        .step(define("validate").emits("valid", ["approve", "ship"]))
        .step(approve)
        .step(define("ship").emits("shipped", ["done"]))
        .step(define("done").join(JoinRule::All))
        .build();
    Arc::new(workflow.expect("a sound graph"))
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
