//! Goldens of the object.

use expect_test::expect;
use hephaestus_host::core::engine::{InstanceStatus, Record};

use super::*;
use crate::output::fixtures::Journal;
use crate::output::{fixtures, json_text};

#[test]
fn the_object_of_a_waiting_order() {
    let mut facts = fixtures::report(fixtures::waiting_order(), InstanceStatus::Waiting);
    // The form of the journal is the core's to test.
    facts.history = Journal::default()
        .at(0, Record::TimerCancelled { number: 1 })
        .entries;
    let text = report(&facts, Ending::Waiting, &["a notice".to_owned()]).expect("an object");
    assert_eq!(text.lines().count(), 1, "one line");
    expect![[r#"
        {
          "instance": "01975c8e-0000-7000-8000-000000000001",
          "business_id": "orderid::a1",
          "workflow": "order-flow",
          "version": 1,
          "digest": "sha256:abababababababababababababababababababababababababababababababab",
          "status": "waiting",
          "interrupted": false,
          "results": {
            "validate": {
              "total_cents": 12000
            },
            "charge": {
              "payment": "p-77",
              "lines": [
                1,
                2
              ]
            }
          },
          "steps": [
            {
              "step": "validate",
              "status": "completed",
              "event": "valid",
              "timed_out": false,
              "attempts": 1,
              "lost_attempts": 0,
              "ran_us": 1210,
              "waited_ms": null,
              "failed_attempts": []
            },
            {
              "step": "reserve",
              "status": "completed",
              "event": "reserved",
              "timed_out": false,
              "attempts": 1,
              "lost_attempts": 0,
              "ran_us": 880,
              "waited_ms": null,
              "failed_attempts": []
            },
            {
              "step": "charge",
              "status": "completed",
              "event": "charged",
              "timed_out": false,
              "attempts": 1,
              "lost_attempts": 0,
              "ran_us": 412,
              "waited_ms": null,
              "failed_attempts": []
            },
            {
              "step": "approve",
              "status": "waiting",
              "event": null,
              "timed_out": false,
              "attempts": 1,
              "lost_attempts": 0,
              "ran_us": 700,
              "waited_ms": null,
              "failed_attempts": []
            }
          ],
          "not_needed": [
            "reject"
          ],
          "failure": null,
          "waiting_for": [
            {
              "step": "approve",
              "events": [
                "approved",
                "rejected"
              ],
              "since": 1767225600008,
              "timeout_due": 1767312000008
            }
          ],
          "untaken_events": [],
          "notices": [
            "a notice"
          ],
          "store": "sqlite:orders.db",
          "history": [
            {
              "seq": 1,
              "at": 1767225600000,
              "record": {
                "timer_cancelled": {
                  "number": 1
                }
              }
            }
          ]
        }"#]]
    .assert_eq(&json_text::pretty(&text));
}

#[test]
fn the_object_of_a_failed_order_says_where_and_why() {
    let facts = fixtures::report(fixtures::failed_order(), InstanceStatus::Failed);
    let text = report(&facts, Ending::Ended(InstanceStatus::Failed), &[]).expect("an object");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["failure"]["step"], "ship");
    assert_eq!(value["failure"]["kind"], "trap");
    assert_eq!(
        value["history"].as_array().map(Vec::len),
        Some(facts.history.len())
    );
    let ship = &value["steps"][4];
    assert_eq!(
        (ship["step"].as_str(), ship["attempts"].as_u64()),
        (Some("ship"), Some(3))
    );
    assert_eq!(ship["lost_attempts"], 1);
    assert_eq!(ship["failed_attempts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn results_keep_their_order_and_every_digit() {
    let mut facts = fixtures::report(fixtures::waiting_order(), InstanceStatus::Waiting);
    let result = Json::parse("{\n  \"z\": 1.10,\n  \"a\": 123456789012345678901234567890\n}").expect("JSON");
    facts.results = vec![
        (fixtures::step("zeta"), result.clone()),
        (fixtures::step("alpha"), result),
    ];
    let text = report(&facts, Ending::Waiting, &[]).expect("an object");
    let one = r#"{"z":1.10,"a":123456789012345678901234567890}"#;
    assert!(
        text.contains(&format!(r#""results":{{"zeta":{one},"alpha":{one}}}"#)),
        "{text}"
    );
}
