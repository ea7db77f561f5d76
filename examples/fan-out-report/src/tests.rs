//! Whole paths with different choices, and steps on their own: natively, in milliseconds.

use std::time::Duration;

use hephaestus_guest::testing::{TestContext, TestRun};
use serde_json::{Value, json};

use super::*;

fn order(month: &str, sections: &[Kind]) -> Value {
    json!({ "month": month, "sections": sections })
}

/// A run of that order, as far as it comes by itself.
fn begun(order: &Value) -> TestRun {
    TestRun::of(fan_out_report()).initial(order).start()
}

#[test]
fn the_sections_that_are_wanted_are_made_and_no_others() {
    let run = begun(&order("2026-10", &[Kind::Returns, Kind::Sales]));
    run.assert_completed();
    assert_eq!(
        run.path(),
        [
            "plan.planned",
            "sales.finished",
            "returns.finished",
            "assemble.finished"
        ]
    );
    assert!(!run.step_of::<stock>().has_run());
}

#[test]
fn the_report_is_the_same_in_whichever_order_its_sections_are_made() {
    let all = order("2026-10", &[Kind::Sales, Kind::Stock, Kind::Returns]);
    let expected = begun(&all).result_of::<assemble>().expect("a report");
    assert_eq!(expected.sections.len(), 3);
    for seed in 0..10 {
        let run = TestRun::of(fan_out_report()).initial(&all).shuffled(seed).start();
        assert_eq!(run.result_of::<assemble>().as_ref(), Some(&expected), "{seed}");
    }
}

#[test]
fn without_sections_there_is_no_report() {
    let run = begun(&order("2026-10", &[]));
    run.assert_completed();
    assert_eq!(run.path(), ["plan.nothing-to-do"]);
}

#[test]
fn a_section_that_cannot_be_made_is_named() {
    let mut run = begun(&order("2026-08", &[Kind::Sales, Kind::Returns]));
    // Sales are there at once; the report is put together when returns have failed for good.
    assert!(run.is_waiting());
    run.advance(Duration::from_millis(100));
    run.assert_completed();
    assert_eq!(run.step_of::<returns>().attempts(), 3);
    let report = run.result_of::<assemble>().expect("a report");
    assert_eq!(report.sections.len(), 1);
    assert_eq!(report.missing, [Kind::Returns]);
}

#[test]
fn a_section_that_is_made_at_the_last_attempt_is_in_the_report() {
    let busy = || StepError::retryable("busy");
    let mut run = TestRun::of(fan_out_report())
        .initial(order("2026-10", &[Kind::Returns]))
        .script::<returns>([busy(), busy()])
        .start();
    run.advance(Duration::from_millis(100));
    run.assert_completed();
    let report = run.result_of::<assemble>().expect("a report");
    assert_eq!(report.missing, []);
}

/// One choice, without a run around it.
#[test]
fn the_choice_follows_the_order_of_the_table() {
    let ctx = TestContext::new().initial(order("2026-10", &[Kind::Returns, Kind::Sales]));
    let chosen = ctx.transit::<plan>(&fan_out_report(), Plan::Planned);
    assert_eq!(chosen, Ok(vec!["sales", "returns"]));
}

/// One step, without a run around it.
#[test]
fn the_returns_office_is_closed_in_august() {
    let ctx = TestContext::new().initial(order("2026-08", &[]));
    assert!(ctx.run::<returns>().is_err_and(|error| error.is_retryable()));
}
