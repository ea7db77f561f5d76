//! Goldens of the object.

use std::sync::Arc;

use expect_test::{Expect, expect};
use hephaestus_host::core::Digest;
use hephaestus_host::core::definition::explore::{ExploreOptions, explore};
use hephaestus_host::core::definition::{BuildError, JoinRule, WorkflowBuilder, step};

use super::*;
use crate::output::json_text;

#[track_caller]
fn check(builder: WorkflowBuilder, expected: Expect) {
    let findings = match builder.build() {
        Ok(workflow) => Findings::Sound {
            explored: Explored::new(explore(&workflow, &ExploreOptions::default())),
            imports: vec!["hephaestus:workflow/log@0.1.0".to_owned()],
            workflow: Arc::new(workflow),
            review: None,
        },
        Err(BuildError::Unsound(violations)) => Findings::Unsound(violations),
        Err(other) => panic!("a definition: {other}"),
    };
    let facts = CheckReport {
        component: "order.wasm".into(),
        bytes: 100_000,
        digest: Digest([0xab; 32]),
        has_manifest: false,
        findings,
    };
    let text = report(&facts).expect("an object");
    assert_eq!(text.lines().count(), 1, "one line");
    expected.assert_eq(&json_text::pretty(&text));
}

#[test]
fn violations() {
    let builder = WorkflowBuilder::new("order", 1).step(step("reserve").emits("reserved", []));
    check(
        builder,
        expect![[r#"
            {
              "verdict": "unsound",
              "component": "order.wasm",
              "bytes": 100000,
              "digest": "sha256:abababababababababababababababababababababababababababababababab",
              "violations": [
                {
                  "step": "reserve",
                  "event": "reserved",
                  "kind": "missing-transition",
                  "message": "step `reserve` emits `reserved`, but no transition is for it",
                  "fix": "add the transition: to `done`, if nothing follows"
                },
                {
                  "step": "done",
                  "event": null,
                  "kind": "unreachable",
                  "message": "no transition leads to `done`",
                  "fix": "let a transition lead to it from a step that can be reached, or remove it"
                }
              ],
              "workflow": null,
              "exploration": null,
              "review": null
            }"#]],
    );
}

#[test]
fn stuck_runs() {
    let builder = WorkflowBuilder::new("order", 1)
        .step(step("fork").emits("forked", ["pick", "wait"]))
        .step(step("pick").emits_dynamic("picked", ["email", "post"]))
        .step(step("wait").accepts("go", ["join"]))
        .step(step("email").emits("sent", ["join"]))
        .step(step("post").emits("sent", ["done"]))
        .step(step("join").emits("joined", ["done"]))
        .step(step("done").join(JoinRule::All));
    check(
        builder,
        expect![[r#"
            {
              "verdict": "may-get-stuck",
              "component": "order.wasm",
              "bytes": 100000,
              "digest": "sha256:abababababababababababababababababababababababababababababababab",
              "violations": [],
              "workflow": {
                "name": "order",
                "version": 1,
                "start": "fork",
                "steps": [
                  "fork",
                  "pick",
                  "wait",
                  "email",
                  "post",
                  "join"
                ],
                "transitions": 6,
                "waits": [
                  "wait"
                ],
                "business_key": "order",
                "uniqueness": "workflow",
                "imports": [
                  "hephaestus:workflow/log@0.1.0"
                ],
                "requests": []
              },
              "exploration": {
                "runs": 3,
                "exhaustive": true,
                "stuck_runs": 2,
                "stuck": [
                  {
                    "alike": 1,
                    "story": "when `fork` ends with `forked`, `pick` with `picked` and chooses `post`, `wait` ends with `go` and `post` with `sent`, nothing is left to run and `done` is not reached:\n`join` got `wait.go`, but not `email.sent`: `email` never ran\n`done` got `post.sent`, but not `join.joined`: `join` never ran",
                    "ends": [
                      {
                        "step": "fork",
                        "event": "forked",
                        "chosen": null
                      },
                      {
                        "step": "pick",
                        "event": "picked",
                        "chosen": [
                          "post"
                        ]
                      },
                      {
                        "step": "wait",
                        "event": "go",
                        "chosen": null
                      },
                      {
                        "step": "post",
                        "event": "sent",
                        "chosen": null
                      }
                    ],
                    "joins": [
                      {
                        "step": "join",
                        "join": "all[wait.go, email.sent]",
                        "taken": [
                          "wait.go"
                        ],
                        "missing": [
                          "email.sent"
                        ],
                        "because": [
                          {
                            "step": "email",
                            "event": null
                          }
                        ]
                      },
                      {
                        "step": "done",
                        "join": "all[post.sent, join.joined]",
                        "taken": [
                          "post.sent"
                        ],
                        "missing": [
                          "join.joined"
                        ],
                        "because": [
                          {
                            "step": "join",
                            "event": null
                          }
                        ]
                      }
                    ]
                  },
                  {
                    "alike": 1,
                    "story": "when `fork` ends with `forked`, `pick` with `picked` and chooses `email`, `wait` ends with `go`, `email` with `sent` and `join` with `joined`, nothing is left to run and `done` is not reached:\n`done` got `join.joined`, but not `post.sent`: `post` never ran",
                    "ends": [
                      {
                        "step": "fork",
                        "event": "forked",
                        "chosen": null
                      },
                      {
                        "step": "pick",
                        "event": "picked",
                        "chosen": [
                          "email"
                        ]
                      },
                      {
                        "step": "wait",
                        "event": "go",
                        "chosen": null
                      },
                      {
                        "step": "email",
                        "event": "sent",
                        "chosen": null
                      },
                      {
                        "step": "join",
                        "event": "joined",
                        "chosen": null
                      }
                    ],
                    "joins": [
                      {
                        "step": "done",
                        "join": "all[post.sent, join.joined]",
                        "taken": [
                          "join.joined"
                        ],
                        "missing": [
                          "post.sent"
                        ],
                        "because": [
                          {
                            "step": "post",
                            "event": null
                          }
                        ]
                      }
                    ]
                  }
                ],
                "never_run": []
              },
              "review": null
            }"#]],
    );
}
