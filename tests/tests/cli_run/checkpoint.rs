//! A long step whose host is killed goes on from its last checkpoint.

use std::time::Duration;

use serde_json::Value;

use hephaestus_tests::place::{Place, step};

/// The numbers that were saved, in the order of the journal.
fn saved(report: &Value) -> Vec<u64> {
    let history = report["history"].as_array().expect("a history");
    let value = |entry: &Value| entry["record"]["checkpoint_saved"]["value"].as_u64();
    history.iter().filter_map(value).collect()
}

/// The last number that was durable when the last host began.
fn saved_before_the_last_loss(report: &Value) -> u64 {
    let history = report["history"].as_array().expect("a history");
    let loss = history
        .iter()
        .rposition(|entry| entry["record"]["attempts_lost"].is_object());
    let before = history[..loss.expect("a loss")].iter().rev();
    let mut values = before.filter_map(|entry| entry["record"]["checkpoint_saved"]["value"].as_u64());
    values.next().unwrap_or(0)
}

#[test]
fn a_step_whose_host_is_killed_goes_on_from_its_last_checkpoint() {
    let component = hephaestus_tests::component("checkpointer");
    let words = ["-i", r#"{"end": 200, "pause_ms": 5}"#, "--id", "c1", "--json"];
    let place = Place::of("order-flow");
    for sign in ["started checkpointer::c1", "runs again", "runs again"] {
        let mut host = place.start(&component, &words);
        host.wait_for(sign);
        std::thread::sleep(Duration::from_millis(100));
        host.kill();
    }
    let report = place.run(&component, &words).expect(0).json();
    let all: Vec<u64> = (1..=200).collect();
    assert_eq!(saved(&report), all, "none again, none left out: {report}");
    let count = step(&report, "count");
    assert_eq!(count["lost_attempts"], 3, "{report}");
    let begun_at = report["results"]["count"].as_u64().expect("a number");
    assert!(
        (1..200).contains(&begun_at),
        "the last host began in the midst: {report}"
    );
    assert_eq!(
        saved_before_the_last_loss(&report),
        begun_at,
        "where the one before it ended: {report}"
    );
}

#[test]
fn a_retry_goes_on_from_the_checkpoint() {
    let place = Place::of("order-flow");
    let component = hephaestus_tests::component("checkpointer");
    let words = ["-i", r#"{"end": 9, "pause_ms": 0, "fail_at": 4}"#, "--json"];
    let report = place.run(&component, &words).expect(0).json();
    assert_eq!(saved(&report), (1..=9).collect::<Vec<u64>>());
    assert_eq!(report["results"]["count"], 4, "{report}");
}
