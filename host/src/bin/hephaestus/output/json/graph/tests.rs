//! A golden of the object.

use std::time::Duration;

use expect_test::expect;
use hephaestus_host::core::Digest;
use hephaestus_host::core::definition::{RetryPolicy, WorkflowBuilder, step};

use super::*;
use crate::output::json_text;

#[test]
fn the_object_has_all_facts() {
    let workflow = WorkflowBuilder::new("notify", 2)
        .step(
            step("ask")
                .accepts("answered", ["pick"])
                .failed(["sms"])
                .retry(RetryPolicy::default())
                .deadline(Duration::from_secs(5)),
        )
        .step(step("pick").emits_dynamic("picked", ["sms", "post"]))
        .step(
            step("sms")
                .emits("sent", ["done"])
                .join_expression("any[ask.failed, pick.picked]"),
        )
        .step(step("post").emits("sent", ["done"]))
        .step(step("clean-up").emits("cleaned", []))
        .on_cancel("clean-up")
        .build()
        .expect("a sound workflow");
    let text = report(&GraphReport::new(&workflow, Digest([0xab; 32]))).expect("an object");
    assert_eq!(text.lines().count(), 1, "one line");
    expect![[r#"
        {
          "workflow": "notify",
          "version": 2,
          "digest": "sha256:abababababababababababababababababababababababababababababababab",
          "nodes": [
            {
              "step": "ask",
              "role": "start",
              "join": null,
              "waits_for": [
                "answered"
              ],
              "retry": {
                "max_attempts": 3,
                "backoff": "exponential",
                "initial_ms": 1000,
                "cap_ms": 60000,
                "jitter_percent": 20
              },
              "deadline_ms": 5000
            },
            {
              "step": "pick",
              "role": "step",
              "join": "ask.answered",
              "waits_for": [],
              "retry": null,
              "deadline_ms": null
            },
            {
              "step": "sms",
              "role": "step",
              "join": "any[ask.failed, pick.picked]",
              "waits_for": [],
              "retry": null,
              "deadline_ms": null
            },
            {
              "step": "post",
              "role": "step",
              "join": "pick.picked",
              "waits_for": [],
              "retry": null,
              "deadline_ms": null
            },
            {
              "step": "done",
              "role": "done",
              "join": "settled[sms.sent, post.sent]",
              "waits_for": [],
              "retry": null,
              "deadline_ms": null
            },
            {
              "step": "clean-up",
              "role": "on-cancel",
              "join": null,
              "waits_for": [],
              "retry": null,
              "deadline_ms": null
            }
          ],
          "edges": [
            {
              "source": "ask",
              "event": "answered",
              "target": "pick",
              "dynamic": false
            },
            {
              "source": "ask",
              "event": "failed",
              "target": "sms",
              "dynamic": false
            },
            {
              "source": "pick",
              "event": "picked",
              "target": "sms",
              "dynamic": true
            },
            {
              "source": "pick",
              "event": "picked",
              "target": "post",
              "dynamic": true
            },
            {
              "source": "sms",
              "event": "sent",
              "target": "done",
              "dynamic": false
            },
            {
              "source": "post",
              "event": "sent",
              "target": "done",
              "dynamic": false
            }
          ]
        }"#]]
    .assert_eq(&json_text::pretty(&text));
}
