//! Each step on its own, and whole paths: natively, in milliseconds.

use hephaestus_guest::testing::{Attempt, FailureKind, TestContext, TestRun};
use serde_json::json;

use super::*;

fn claim() -> Claim {
    serde_json::from_str(include_str!("../claim.json")).expect("a claim")
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let empty = Claim {
        purpose: "".into(),
        amount_cents: 0,
        ..claim()
    };
    let problems = vec!["it doesn't say what for".into(), "the amount is zero".into()];
    let ctx = TestContext::new().initial(empty);
    assert_eq!(ctx.run::<check>(), Ok(Check::Incomplete.with(problems)));
}

#[test]
fn a_field_that_is_missing_is_named() {
    let ctx = TestContext::new().initial(json!({ "employee": "Ada" }));
    let error = ctx.run::<check>().expect_err("not a claim");
    assert_eq!(
        error.message(),
        "step `check` can't read the input of the instance: missing field `purpose` at line 1 column 18"
    );
}

#[test]
fn a_busy_bank_is_asked_again() {
    let first = TestContext::new().initial(claim());
    assert_eq!(first.run::<pay>(), Err(StepError::retryable("the bank is busy")));

    let second = TestContext::new().initial(claim()).attempt(2);
    assert!(second.run::<pay>().is_ok());
    assert_eq!(second.logs()[0].message, "paid");
}

#[test]
fn a_refusal_gives_the_reasons_there_are() {
    let ctx = TestContext::new()
        .result::<check>(json!([]))
        .result::<approve>(json!({ "by": "Grace", "note": "take the bus" }));
    assert_eq!(
        ctx.run::<refuse>(),
        Ok(Finished.with(vec!["Grace says: take the bus".into()]))
    );
}

#[test]
fn an_approved_claim_is_paid() {
    let mut run = TestRun::of(expense_claim()).initial(claim()).start();
    run.assert_waiting();

    run.send_with(Approval::Approved, json!({ "by": "Grace" }));
    // The bank is busy at first: that is a timer, and time is virtual.
    run.advance_to_next_timer();

    run.assert_completed();
    assert_eq!(run.step_of::<pay>().attempts(), 2);
    assert_eq!(
        run.path(),
        [
            "check.complete",
            "budget.covered",
            "policy.allowed",
            "approve.approved",
            "pay.finished"
        ]
    );
}

#[test]
fn a_small_claim_needs_nobody() {
    let small = Claim {
        amount_cents: 900,
        ..claim()
    };
    let mut run = TestRun::of(expense_claim()).initial(small).start();
    run.advance_to_next_timer();
    run.assert_completed();
    assert_eq!(run.event_of::<approve>(), Some(Approval::NotNeeded));
}

#[test]
fn after_three_days_without_a_decision_the_money_is_free_again() {
    let mut run = TestRun::of(expense_claim()).initial(claim()).start();
    run.advance(Duration::from_secs(3 * 24 * 60 * 60));
    run.assert_completed();
    assert_eq!(
        run.story(),
        "\
0s       expense-claim version 1 begins -> check
0s       check: complete -> budget, policy
0s       budget: covered
0s       policy: allowed -> approve
0s       approve: waits for approved, rejected, timeout, at most 3d
3d       approve: timeout, by its timer -> release, refuse; pay can't run any more
3d       release: finished
3d       refuse: finished -> done
3d       completed
"
    );
}

#[test]
fn what_the_rules_forbid_is_refused_and_its_money_released() {
    let wine = Claim {
        category: "wine".into(),
        ..claim()
    };
    for seed in 0..20 {
        let run = TestRun::of(expense_claim())
            .initial(wine.clone())
            .shuffled(seed)
            .start();
        run.assert_completed();
        assert!(run.step_of::<release>().has_run());
        assert!(!run.step_of::<approve>().has_run());
    }
}

#[test]
fn a_bank_that_says_no_for_good_leads_back() {
    let mut run = TestRun::of(expense_claim())
        .initial(claim())
        .script::<pay>([Attempt::permanent("the account is closed")])
        .start();
    run.send(Approval::Approved);
    run.assert_completed();
    assert!(run.step_of::<release>().has_run());
    assert!(run.step_of::<refuse>().has_run());
}

#[test]
fn a_step_without_an_answer_to_its_failure_fails_the_instance() {
    let mut run = TestRun::of(expense_claim())
        .initial(claim())
        .stub_named("check", |_| Attempt::panics("index out of bounds"))
        .start();
    while run.advance_to_next_timer().is_some() {}
    run.assert_failed(FailureKind::Trap);
}
