//! `examples/fan-out-report`: chosen sections, and those that can't be made.

use hephaestus_tests::component;
use hephaestus_tests::place::{Place, step};
use serde_json::{Value, json};

/// What comes of an order for a report.
fn report(order: &str) -> Value {
    let words = ["-i", order, "--store", "memory", "--json"];
    let report = Place::of("fan-out-report")
        .run(component("fan-out-report"), &words)
        .expect(0)
        .json();
    assert_eq!(report["status"], "completed", "{report}");
    report
}

/// The steps that ran. Those that run at the same time can begin in any order.
fn ran(report: &Value) -> Vec<&str> {
    let steps = report["steps"].as_array().expect("steps");
    let mut names: Vec<&str> = steps.iter().filter_map(|step| step["step"].as_str()).collect();
    names.sort_unstable();
    names
}

/// Where the section on `name` would be, had it been made.
fn section(name: &str, month: &str) -> Value {
    json!({ "heading": name, "text": format!("{name} in {month}: as expected.") })
}

#[test]
fn the_sections_that_are_wanted_are_made_and_no_others() {
    let report = report("@order.json");
    assert_eq!(ran(&report), ["assemble", "plan", "returns", "sales"]);
    assert_eq!(report["not_needed"], json!(["stock"]));
    assert_eq!(
        report["results"]["assemble"],
        json!({
            "title": "Report for 2026-10",
            "sections": [section("Sales", "2026-10"), section("Returns", "2026-10")],
            "missing": [],
        })
    );
}

#[test]
fn all_sections_can_be_wanted() {
    let report = report(r#"{"month": "2026-10", "sections": ["stock", "returns", "sales"]}"#);
    assert_eq!(ran(&report), ["assemble", "plan", "returns", "sales", "stock"]);
    // The report has an order of its own.
    assert_eq!(
        report["results"]["assemble"]["sections"],
        json!(["Sales", "Stock", "Returns"].map(|name| section(name, "2026-10")))
    );
}

#[test]
fn without_sections_there_is_no_report() {
    let report = report(r#"{"month": "2026-10", "sections": []}"#);
    assert_eq!(ran(&report), ["plan"]);
    assert_eq!(step(&report, "plan")["event"], "nothing-to-do");
    assert_eq!(report["results"], json!({}));
}

#[test]
fn the_choice_is_in_the_journal() {
    let report = report("@order.json");
    let history = report["history"].as_array().expect("a history");
    let mut completions = history.iter().map(|entry| &entry["record"]["step_completed"]);
    let plan = completions.find(|completed| completed["step"] == "plan");
    let plan = plan.expect("`plan` completed");
    assert_eq!(plan["chosen"], json!(["sales", "returns"]), "{plan}");
}

#[test]
fn a_section_that_cannot_be_made_is_tried_and_then_named() {
    let report = report(r#"{"month": "2026-08", "sections": ["sales", "returns"]}"#);
    let returns = step(&report, "returns");
    assert_eq!(
        (&returns["status"], &returns["attempts"]),
        (&json!("failed"), &json!(3))
    );
    let failures = returns["failed_attempts"].as_array().expect("attempts");
    let said = json!("the returns office doesn't answer");
    assert_eq!(failures.len(), 3);
    assert!(
        failures.iter().all(|failure| failure["message"] == said),
        "{returns}"
    );
    assert_eq!(
        report["results"]["assemble"],
        json!({
            "title": "Report for 2026-08",
            "sections": [section("Sales", "2026-08")],
            "missing": ["returns"],
        })
    );
    assert_eq!(report["failure"], Value::Null, "the graph has an answer to it");
}

#[test]
fn a_section_that_does_not_exist_is_named_with_those_that_do() {
    let order = r#"{"month": "2026-10", "sections": ["weather"]}"#;
    let words = ["-i", order, "--store", "memory", "--json"];
    let report = Place::of("fan-out-report")
        .run(component("fan-out-report"), &words)
        .expect(1)
        .json();
    let message = report["failure"]["message"].to_string();
    for text in ["step `plan`", "sections[0]", "`weather`", "`returns`"] {
        assert!(message.contains(text), "{text}: {message}");
    }
}
