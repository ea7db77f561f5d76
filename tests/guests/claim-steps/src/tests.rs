//! Each step on its own, and both ways through the workflow.

use hephaestus_guest::testing::{TestContext, TestRun};
use serde_json::json;

use super::*;

fn claim() -> Claim {
    Claim {
        employee: "Ada".into(),
        purpose: "train to the customer".into(),
        amount_cents: 18_450,
        account: "4711".into(),
    }
}

#[test]
fn an_amount_of_zero_is_a_problem() {
    let ctx = TestContext::new().initial(Claim {
        amount_cents: 0,
        ..claim()
    });
    assert_eq!(
        ctx.run::<check>(),
        Ok(Check::Incomplete.with(vec!["the amount is zero".into()]))
    );
}

#[test]
fn a_busy_bank_is_asked_again() {
    let ctx = TestContext::new().initial(claim());
    assert_eq!(ctx.run::<pay>(), Err(StepError::retryable("the bank is busy")));
}

#[test]
fn a_field_that_is_missing_is_named() {
    let ctx = TestContext::new().initial(json!({ "employee": "Ada" }));
    let error = ctx.run::<check>().expect_err("no claim");
    assert_eq!(
        error.message(),
        "step `check` can't read the input of the instance: missing field `purpose` at line 1 column 18"
    );
}

#[test]
fn a_complete_claim_is_paid() {
    let mut run = TestRun::of(expense_claim()).initial(claim()).start();
    run.advance_to_next_timer();
    run.assert_completed();
    assert_eq!(run.path(), ["check.complete", "pay.finished"]);
}

#[test]
fn an_incomplete_claim_is_refused() {
    let run = TestRun::of(expense_claim())
        .initial(Claim {
            purpose: "".into(),
            ..claim()
        })
        .start();
    assert_eq!(run.path(), ["check.incomplete", "refuse.finished"]);
    assert_eq!(
        run.result_of::<refuse>(),
        Some(vec!["it doesn't say what for".into()])
    );
}
