//! Goldens of the page.

use std::path::Path;
use std::sync::Arc;

use expect_test::{Expect, expect};
use hephaestus_host::core::Digest;
use hephaestus_host::core::capability::Request;
use hephaestus_host::core::definition::explore::{ExploreOptions, explore};
use hephaestus_host::core::definition::{BuildError, JoinRule, WorkflowBuilder, step};

use hephaestus_host::deploy::Manifest;

use super::*;
use crate::exit::Exit;

/// The report on what is built here.
fn report(builder: WorkflowBuilder, options: &ExploreOptions) -> CheckReport {
    let findings = match builder.build() {
        Ok(workflow) => Findings::Sound {
            explored: Explored::new(explore(&workflow, options)),
            imports: vec![
                "hephaestus:workflow/types@0.1.0".to_owned(),
                "hephaestus:workflow/log@0.1.0".to_owned(),
                "hephaestus:workflow/context@0.1.0".to_owned(),
                "wasi:io/poll@0.2.6".to_owned(),
                "wasi:io/streams@0.2.6".to_owned(),
                "wasi:cli/stdout@0.2.6".to_owned(),
                "a-name".to_owned(),
            ],
            workflow: Arc::new(workflow),
            review: None,
        },
        Err(BuildError::Unsound(violations)) => Findings::Unsound(violations),
        Err(other) => panic!("a definition: {other}"),
    };
    CheckReport {
        component: "target/order\u{1b}[31m.wasm".into(),
        bytes: 357_664,
        digest: Digest([0xab; 32]),
        has_manifest: false,
        findings,
    }
}

#[track_caller]
fn check(builder: WorkflowBuilder, expected: Expect) {
    let report = report(builder, &ExploreOptions::default());
    expected.assert_eq(&page(&report, Style::PLAIN));
}

/// Goods are reserved while the card is charged; nobody thought of goods that are sold out.
fn lost_join() -> WorkflowBuilder {
    WorkflowBuilder::new("order", 3)
        .step(
            step("validate")
                .emits("valid", ["reserve", "charge"])
                .emits("invalid", ["done"]),
        )
        .step(
            step("reserve")
                .emits("reserved", ["approve", "release"])
                .emits("sold-out", ["release"]),
        )
        .step(
            step("charge")
                .emits("charged", ["approve"])
                .emits("declined", ["release"])
                .failed(["release"]),
        )
        .step(
            step("approve")
                .accepts("approved", ["done"])
                .accepts("rejected", ["release"]),
        )
        .step(
            step("release").emits("released", ["done"]).join_expression(
                "all[reserve.reserved, any[charge.declined, charge.failed, approve.rejected]]",
            ),
        )
}

#[test]
fn a_sound_workflow() {
    let builder = WorkflowBuilder::new("order", 1)
        .step(
            step("ask")
                .accepts("yes", ["buy"])
                .accepts("no", ["done"])
                .request(Request::Secret { name: "TOKEN".into() })
                .request(Request::Http {
                    origin: "https://shop.example".into(),
                    private: false,
                    methods: Vec::new(),
                }),
        )
        .step(step("buy").emits("bought", ["done"]))
        .step(step("clean-up").emits("cleaned", []))
        .on_cancel("clean-up");
    check(
        builder,
        expect![[r#"
            ✓ sound  order, version 1

              component    target/order�[31m.wasm (349 KiB, abababababab)
              steps        3, beginning with ask; ask waits for events
              transitions  3
              named by     order::…, unique within the workflow
              cancelling   clean-up runs
              imports      context, log; WASI: cli, io; others: a-name
              asks for     ask: the secret `TOKEN`
                           ask: HTTP requests to `https://shop.example`

              Each of the 2 possible runs was followed: all reach `done`.
        "#]],
    );
}

#[test]
fn what_is_asked_for_is_shown_beside_what_is_granted() {
    let version = |number, requests: &[Request]| {
        let pay = step("pay").emits("paid", ["done"]);
        let pay = requests
            .iter()
            .cloned()
            .fold(pay, |pay, request| pay.request(request));
        WorkflowBuilder::new("shop", number).step(pay)
    };
    let secret = |name: &str| Request::Secret { name: name.into() };
    let current = version(1, &[secret("KEY"), Request::Random])
        .build()
        .expect("sound");
    let new = [
        secret("KEY"),
        secret("OTHER"),
        Request::Clock,
        Request::Env {
            name: "REGION".into(),
        },
    ];
    let manifest = "secrets-folder = \"/s\"\n[workflows.shop.steps.pay]\nclock = true\nsecrets = [\"KEY\"]\n[workflows.shop.steps.pya]\n";
    let manifest = Manifest::parse(manifest, Path::new("")).expect("a good manifest");
    let mut report = report(version(2, &new), &ExploreOptions::default());
    report.has_manifest = true;
    if let Findings::Sound { workflow, review, .. } = &mut report.findings {
        *review = Some(Review::new(workflow, &manifest, Some(&current)));
    }
    assert_eq!(report.exit(), Exit::Ungranted);
    expect![[r#"
        ✓ sound  shop, version 2

          component    target/order�[31m.wasm (349 KiB, abababababab)
          steps        1, beginning with pay; none waits for events
          transitions  1
          named by     shop::…, unique within the workflow
          imports      context, log; WASI: cli, io; others: a-name

          There is one run, and it reaches `done`.

          What it asks for:
          ✓ granted     pay: the secret `KEY`
          ✗ not granted pay: the secret `OTHER` (new)
          ✓ granted     pay: the time (new)
          ✗ not granted pay: the environment variable `REGION` (new)
          pay doesn't ask for random numbers any more
          ! the manifest has a table for a step `pya`, which the workflow doesn't have

          To grant the rest, add to these tables of the manifest, values to their lists:
            [workflows.shop.steps.pay]
            secrets = ["OTHER"]
            env = { REGION = "VALUE" }
    "#]]
    .assert_eq(&page(&report, Style::PLAIN));
}

#[test]
fn runs_that_get_stuck_are_told() {
    check(
        lost_join(),
        expect![[r#"
            ! may get stuck  order, version 3

              component    target/order�[31m.wasm (349 KiB, abababababab)
              steps        5, beginning with validate; approve waits for events
              transitions  10
              named by     order::…, unique within the workflow
              imports      context, log; WASI: cli, io; others: a-name

              Each of the 8 possible runs was followed: 3 get stuck, in 2 ways.

              1. When `validate` ends with `valid`, `reserve` with `sold-out` and `charge`
                 with `charged`, nothing is left to run and `done` is not reached:
                 - `approve` got `charge.charged`, but not `reserve.reserved`: `reserve`
                   ended with `sold-out`
                 - `release` got `reserve.sold-out`, but neither `reserve.reserved` nor
                   `any[charge.declined, charge.failed, approve.rejected]`: `reserve` ended
                   with `sold-out`, `charge` ended with `charged` and `approve` never ran

              2. When `validate` ends with `valid`, `reserve` with `sold-out` and `charge`
                 with `declined`, nothing is left to run and `done` is not reached:
                 - `release` got `reserve.sold-out` and `charge.declined`, but not
                   `reserve.reserved`: `reserve` ended with `sold-out`
                 1 more like it

              To repair it, let the event that leaves a join without an answer lead
              somewhere else, or give the step a join that can do without: `any[…]`, or
              `settled[…]`, which waits until nothing can come any more and is content with
              what came.
        "#]],
    );
}

#[test]
fn every_violation_is_shown_with_its_fix() {
    let builder = WorkflowBuilder::new("order", 0)
        .step(step("reserve").emits("reserved", ["chrage"]).emits("gone", []))
        .step(step("charge").emits("charged", ["done"]));
    check(
        builder,
        expect![[r#"
            ✗ not sound  5 violations of the rules for graphs

              component  target/order�[31m.wasm (349 KiB, abababababab)

              1. the workflow (bad-version)
                 the version is 0
                 fix: count versions from 1

              2. step `reserve`, event `reserved` (unknown-step)
                 the transition of `reserve` for `reserved` leads to `chrage`, which is not
                 a step
                 fix: did you mean `charge`? Else add the step, or name one of `reserve`,
                      `charge`, `done`

              3. step `reserve`, event `gone` (missing-transition)
                 step `reserve` emits `gone`, but no transition is for it
                 fix: add the transition: to `done`, if nothing follows

              4. step `charge` (unreachable)
                 no transition leads to `charge`
                 fix: let a transition lead to it from a step that can be reached, or remove
                      it

              5. step `done` (unreachable)
                 only steps that can't be reached themselves lead to `done`: `charge`
                 fix: let a transition lead to it from a step that can be reached, or remove
                      it
        "#]],
    );
}

#[test]
fn steps_that_never_run_are_named() {
    let builder = WorkflowBuilder::new("choice", 1)
        .step(step("a").emits("x", ["b"]).emits("y", ["c"]))
        .step(step("b").emits("u", ["d", "done"]))
        .step(step("c").emits("v", ["d", "done"]))
        .step(step("d").emits("w", ["done"]));
    check(
        builder,
        expect![[r#"
            ✓ sound  choice, version 1

              component    target/order�[31m.wasm (349 KiB, abababababab)
              steps        4, beginning with a; none waits for events
              transitions  5
              named by     choice::…, unique within the workflow
              imports      context, log; WASI: cli, io; others: a-name

              Each of the 2 possible runs was followed: all reach `done`.

              `d` runs in none of them: its join never becomes true.
        "#]],
    );
}

#[test]
fn a_sample_is_called_one() {
    let options = ExploreOptions {
        max_visits: 1,
        samples: 2_000,
        ..ExploreOptions::default()
    };
    let runs = |builder| {
        let page = page(&report(builder, &options), Style::PLAIN);
        page.split("\n\n")
            .nth(2)
            .expect("a paragraph about runs")
            .trim()
            .to_owned()
    };
    expect![[r#"
        There are too many possible runs to follow each; of a sample of 2,000, 508 get
          stuck, in 2 ways."#]]
    .assert_eq(&runs(lost_join()));
    let sound = WorkflowBuilder::new("sound", 1).step(step("a").emits("x", ["done"]));
    expect![[r#"
        There are too many possible runs to follow each; of a sample of 2,000, all
          reach `done`."#]]
    .assert_eq(&runs(sound));
}

#[test]
fn the_number_of_runs_is_worded() {
    let stuck = |name: &str| {
        WorkflowBuilder::new(name, 1)
            .step(step("a").emits("x", ["b", "done"]))
            .step(step("b").emits("y", ["done"]))
            .step(step("done").join(JoinRule::All))
    };
    let words = |builder| {
        let report = report(builder, &ExploreOptions::default());
        match &report.findings {
            Findings::Sound { explored, .. } => runs(explored),
            Findings::Unsound(violations) => violations.to_string(),
        }
    };
    expect!["There is one run, and it reaches `done`."].assert_eq(&words(stuck("fine")));
    let only = WorkflowBuilder::new("only", 1)
        .step(step("a").emits("x", ["b", "c"]))
        .step(step("b").emits("y", ["done"]).emits("z", ["d"]))
        .step(step("c").emits("y", ["d"]))
        .step(step("d").emits("y", ["done"]));
    expect!["Each of the 2 possible runs was followed: all reach `done`."].assert_eq(&words(only));
}

#[test]
fn on_a_terminal_names_are_marked_instead_of_quoted() {
    let page = page(&report(lost_join(), &ExploreOptions::default()), Style::COLOUR);
    assert!(page.contains("\u{1b}[36mrelease\u{1b}[0m got"), "{page}");
    assert!(!page.contains('`'), "{page}");
}
