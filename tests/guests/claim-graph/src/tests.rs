//! The ways through the workflow.

use hephaestus_guest::testing::{Attempt, TestRun};

use super::*;

fn claim() -> Claim {
    Claim {
        employee: "Ada".into(),
        purpose: "train to the customer".into(),
        category: "travel".into(),
        amount_cents: 18_450,
        account: "4711".into(),
    }
}

#[test]
fn a_good_claim_is_paid() {
    let mut run = TestRun::of(expense_claim()).initial(claim()).start();
    run.advance_to_next_timer();
    run.assert_completed();
    assert_eq!(
        run.path(),
        [
            "check.complete",
            "budget.covered",
            "policy.allowed",
            "pay.finished"
        ]
    );
}

#[test]
fn what_was_set_aside_is_released_when_the_rules_say_no() {
    let run = TestRun::of(expense_claim())
        .initial(Claim {
            category: "wine".into(),
            ..claim()
        })
        .start();
    run.assert_completed();
    assert!(run.step_of::<release>().has_run());
    assert!(!run.step_of::<pay>().has_run());
}

#[test]
fn nothing_is_released_that_was_not_set_aside() {
    let run = TestRun::of(expense_claim())
        .initial(Claim {
            amount_cents: 200_000,
            ..claim()
        })
        .start();
    run.assert_completed();
    assert!(!run.step_of::<release>().has_run());
    assert!(run.step_of::<refuse>().has_run());
}

#[test]
fn a_bank_that_refuses_for_good_is_compensated() {
    let run = TestRun::of(expense_claim())
        .initial(claim())
        .script::<pay>([Attempt::permanent("the account is closed")])
        .start();
    run.assert_completed();
    assert!(run.step_of::<release>().has_run());
}
