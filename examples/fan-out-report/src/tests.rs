//! Each step on its own, and the choice.

use hephaestus_guest::testing::TestContext;
use serde_json::json;

use super::*;

fn order(sections: &[Kind]) -> TestContext {
    TestContext::new().initial(json!({ "month": "2026-10", "sections": sections }))
}

#[test]
fn the_wanted_sections_are_begun() {
    let workflow = fan_out_report();
    let chosen = order(&[Kind::Sales, Kind::Returns]).transit::<plan>(&workflow, Plan::Planned);
    assert_eq!(chosen, Ok(vec!["sales", "returns"]));
}

#[test]
fn without_sections_there_is_nothing_to_do() {
    assert_eq!(order(&[]).run::<plan>(), Ok(Plan::NothingToDo.into()));
}

#[test]
fn what_could_not_be_made_is_named() {
    let made = Section {
        heading: "Sales".into(),
        text: "Sales in 2026-10: as expected.".into(),
    };
    let outcome = order(&[Kind::Sales, Kind::Returns])
        .result::<sales>(&made)
        .run::<assemble>();
    let report = Report {
        title: "Report for 2026-10".into(),
        sections: vec![made],
        missing: vec![Kind::Returns],
    };
    assert_eq!(outcome, Ok(Finished.with(report)));
}

#[test]
fn the_returns_office_is_closed_in_august() {
    let ctx = TestContext::new().initial(json!({ "month": "2026-08", "sections": [] }));
    assert!(ctx.run::<returns>().is_err_and(|error| error.is_retryable()));
}
