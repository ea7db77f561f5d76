//! `hephaestus cancel`.

use hephaestus_tests::place::{Place, kinds, step};
use serde_json::json;

use super::{has_parts, house, is_refused, waiting_order};

#[test]
fn a_waiting_order_is_given_up_for_a_reason() {
    let place = Place::of("order-flow");
    let id = waiting_order(&place, "a1");
    let words = ["cancel", "a1", "--reason", "the customer changed her mind"];
    let answer = place.hephaestus(&words).expect(0);
    let parts = [
        "■ cancelled  orderid::a1",
        "reason    the customer changed her mind",
        "■ approve   stopped",
    ];
    has_parts(&answer.stdout, &parts);
    has_parts(&answer.stderr, &["cancels orderid::a1", &id]);
    let story = place.hephaestus(&["history", "a1"]).expect(0).stdout;
    has_parts(&story, &["cancelled after", "the customer changed her mind"]);
}

#[test]
fn its_clean_up_runs_with_the_code_that_is_in_the_store() {
    let place = Place::of("order-flow");
    let id = house(&place, "h1", "{}");
    let words = ["cancel", &id, "--reason", "moved away", "--json"];
    let report = place.hephaestus(&words).expect(0).json();
    assert_eq!(report["status"], "cancelled");
    assert_eq!(report["instance"], json!(id));
    assert_eq!(step(&report, "work")["status"], "stopped");
    assert_eq!(step(&report, "tidy")["status"], "completed");
    let kinds = kinds(&report);
    assert_eq!(
        kinds[kinds.len() - 3..],
        ["cancelling", "step_completed", "ended"]
    );
}

#[test]
fn a_clean_up_that_fails_fails_the_instance_and_a_retry_cleans_up_again() {
    let place = Place::of("order-flow");
    house(&place, "h1", r#"{"tidy_fails": true}"#);
    let page = place.hephaestus(&["cancel", "h1"]).expect(1).stdout;
    has_parts(&page, &["✗ failed  house::h1", "the broom is broken"]);
    let report = place.hephaestus(&["retry", "h1", "--json"]).expect(4).json();
    assert_eq!(report["status"], "cancelled");
    assert_eq!(step(&report, "tidy")["attempts"], 2);
}

#[test]
fn a_clean_up_whose_host_was_killed_goes_on() {
    let place = Place::of("order-flow");
    house(&place, "h1", r#"{"tidy_ms": 1500}"#);
    let mut command = hephaestus_tests::hephaestus();
    command.args(["cancel", "h1", "--reason", "moved away"]);
    let mut first = place.start_command(command);
    first.wait_for("is being cancelled; tidy cleans up");
    first.kill();
    let listed = place.hephaestus(&["list", "--json"]).expect(0).json();
    assert_eq!(listed["instances"][0]["status"], "running");
    let report = place.hephaestus(&["cancel", "h1", "--json"]).expect(0).json();
    assert_eq!(report["status"], "cancelled");
    assert_eq!(step(&report, "tidy")["lost_attempts"], 1);
}

#[test]
fn a_signal_lets_the_clean_up_end() {
    let place = Place::of("order-flow");
    house(&place, "h1", r#"{"tidy_ms": 1500}"#);
    let mut command = hephaestus_tests::hephaestus();
    command.args(["cancel", "h1"]);
    let mut first = place.start_command(command);
    first.wait_for("is being cancelled; tidy cleans up");
    first.signal("TERM");
    let page = first.finish().expect(0).stdout;
    has_parts(&page, &["■ cancelled  house::h1", "✓ tidy"]);
}

#[test]
fn an_instance_that_has_ended_is_not_cancelled() {
    let place = Place::of("order-flow");
    place
        .run_example(&["-i", "@order-invalid.json", "--id", "a1"])
        .expect(0);
    let parts = ["INSTANCE", "`orderid::a1`, which is completed", "delete a1"];
    is_refused(&place, &["cancel", "a1"], &parts);
}
