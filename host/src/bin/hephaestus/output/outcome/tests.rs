//! Goldens of the page.

use expect_test::{Expect, expect};
use hephaestus_host::core::Timestamp;
use hephaestus_host::core::engine::InstanceStatus;

use super::*;
use crate::args::{self, Command};
use crate::output::fixtures::{self, approval, event, step};

fn page_in(report: &Report, ending: Ending, output: &[String], style: Style) -> String {
    let words = [
        "hephaestus",
        "run",
        "order-flow.wasm",
        "--store",
        "sqlite:orders.db",
    ]
    .map(Into::into);
    let Command::Run(args) = args::parse(&words).expect("a command line").command else {
        panic!("`run` is what was typed");
    };
    let invocation = Invocation::run("hephaestus".as_ref(), &args);
    let page = Page {
        report,
        ending,
        invocation: &invocation,
        output,
        style,
        now: Timestamp(fixtures::START.0 + 12_008),
    };
    page.render()
}

fn check(report: &Report, ending: Ending, expected: Expect) {
    let page = page_in(report, ending, &[], Style::PLAIN);
    for line in page.lines() {
        // A command stays on its line, to be copied.
        let is_command = line.starts_with("    hephaestus ");
        assert!(is_command || line.chars().count() <= WIDTH, "too wide: {line}");
        assert_eq!(line, line.trim_end(), "blanks at the end");
    }
    assert!(!page.contains('\u{1b}'), "nothing steers the terminal");
    expected.assert_eq(&page);
}

#[test]
fn completed() {
    let report = fixtures::report(fixtures::completed_order(), InstanceStatus::Completed);
    check(
        &report,
        Ending::Ended(InstanceStatus::Completed),
        expect![[r#"
        ✓ completed  orderid::a1

          workflow  order-flow, version 1 (abababababab)
          instance  01975c8e-0000-7000-8000-000000000001
          database  orders.db
          took      3.3 s

            STEP      EVENT     ATTEMPTS        RAN       WAITED
          ✓ validate  valid            1     1.2 ms            -
          ✓ reserve   reserved         1     880 µs            -
          ✓ charge    charged          1     412 µs            -
          ✓ approve   approved         1     700 µs        3.1 s
          ✓ ship      shipped          3     3.1 ms            -
              1 attempt lost: its host ended, and it ran again
              attempt 1 failed after 1.1 ms, again 200 ms later: guest-error
                the carrier did not answer within the two seconds that it was given,
                which happens on Mondays
            not needed: reject, refund, release

          RESULTS
          validate  {"total_cents": 12000}
          charge    {"payment": "p-77", "lines": [1, 2]}
          ship      {"tracking": "T-1"}
    "#]],
    );
}

#[test]
fn waiting() {
    let report = fixtures::report(fixtures::waiting_order(), InstanceStatus::Waiting);
    check(
        &report,
        Ending::Waiting,
        expect![[r#"
        … waiting  orderid::a1

          workflow  order-flow, version 1 (abababababab)
          instance  01975c8e-0000-7000-8000-000000000001
          database  orders.db

            STEP      EVENT     ATTEMPTS        RAN       WAITED
          ✓ validate  valid            1     1.2 ms            -
          ✓ reserve   reserved         1     880 µs            -
          ✓ charge    charged          1     412 µs            -
          … approve   waiting          1     700 µs       12.0 s
            not needed: reject

          RESULTS
          validate  {"total_cents": 12000}
          charge    {"payment": "p-77", "lines": [1, 2]}

          `approve` has been waiting for approved or rejected for 12.0 s; it times out
          in 23 h 59 min, on 2026-01-02 00:00:00 UTC

          To send an event (a payload goes behind it, as =JSON):
            hephaestus run order-flow.wasm --store sqlite:orders.db --id a1 --event approved
    "#]],
    );
}

#[test]
fn failed() {
    let report = fixtures::report(fixtures::failed_order(), InstanceStatus::Failed);
    check(
        &report,
        Ending::Ended(InstanceStatus::Failed),
        expect![[r#"
            ✗ failed  orderid::a1

              workflow  order-flow, version 1 (abababababab)
              instance  01975c8e-0000-7000-8000-000000000001
              database  orders.db
              took      3.3 s

                STEP      EVENT     ATTEMPTS        RAN       WAITED
              ✓ validate  valid            1     1.2 ms            -
              ✓ reserve   reserved         1     880 µs            -
              ✓ charge    charged          1     412 µs            -
              ✓ approve   approved         1     700 µs        3.1 s
              ✗ ship      failed           3     3.1 ms            -
                  1 attempt lost: its host ended, and it ran again
                  attempt 1 failed after 1.1 ms, again 200 ms later: guest-error
                    the carrier did not answer within the two seconds that it was given,
                    which happens on Mondays
                not needed: reject, refund, release

              ship failed: trap
                wasm trap: unreachable
                �[31min ship::execute

              RESULTS
              validate  {"total_cents": 12000}
              charge    {"payment": "p-77", "lines": [1, 2]}

              Nothing of it runs any more. Once the cause is gone, it can go on where it
              failed:
                hephaestus retry 01975c8e-0000-7000-8000-000000000001 --store sqlite:orders.db
              or a new instance can be started; the same --id can be used again:
                hephaestus run order-flow.wasm --store sqlite:orders.db --id a1 --input @FILE
        "#]],
    );
}

#[test]
fn interrupted() {
    let report = fixtures::report(fixtures::waiting_order(), InstanceStatus::Waiting);
    let page = page_in(&report, Ending::Interrupted, &[], Style::PLAIN);
    assert!(page.starts_with("■ interrupted  orderid::a1\n"), "{page}");
    let command = "    hephaestus run order-flow.wasm --store sqlite:orders.db --id a1\n";
    assert!(page.ends_with(command), "{page}");
}

#[test]
fn waiting_in_memory_is_lost_and_says_so() {
    let mut report = fixtures::report(fixtures::waiting_order(), InstanceStatus::Waiting);
    report.store = StoreChoice::Memory;
    let page = page_in(&report, Ending::Waiting, &[], Style::PLAIN);
    assert!(
        page.contains("database  memory (gone when this command ends)"),
        "{page}"
    );
    assert!(page.contains("It was kept in memory and is gone now."), "{page}");
    assert!(!page.contains("--event"), "nothing can be sent to it: {page}");
}

#[test]
fn an_event_that_two_steps_wait_for_is_sent_with_its_step() {
    let mut report = fixtures::report(fixtures::waiting_order(), InstanceStatus::Waiting);
    report.waiting_for.push(WaitingStep {
        step: step("audit"),
        events: vec![event("approved")],
        ..approval()
    });
    let page = page_in(&report, Ending::Waiting, &[], Style::PLAIN);
    assert!(page.contains("--id a1 --event approve.approved"), "{page}");
}

#[test]
fn what_a_failed_step_wrote_is_shown() {
    let report = fixtures::report(fixtures::failed_order(), InstanceStatus::Failed);
    let output = ["asking the carrier".to_owned()];
    let page = page_in(
        &report,
        Ending::Ended(InstanceStatus::Failed),
        &output,
        Style::PLAIN,
    );
    assert!(page.contains("  it wrote:\n    asking the carrier\n"), "{page}");
}

#[test]
fn long_names_and_long_results_keep_the_page_readable() {
    let mut report = fixtures::report(fixtures::completed_order(), InstanceStatus::Completed);
    let long = "a-name-as-long-as-names-can-be-which-is-longer-than-a-column";
    report.steps[0].step = step(long);
    let numbers: Vec<u32> = (0..100).collect();
    report.results = vec![(step("validate"), serde_json::json!({ "numbers": numbers }).into())];
    let page = page_in(
        &report,
        Ending::Ended(InstanceStatus::Completed),
        &[],
        Style::PLAIN,
    );
    assert!(page.contains(&format!("  ✓ {long}\n     ")), "{page}");
    assert!(page.contains("    … 80 more lines (--json has all)"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= WIDTH), "{page}");
}

#[test]
fn colours_mark_the_same_text() {
    let report = fixtures::report(fixtures::failed_order(), InstanceStatus::Failed);
    let ending = Ending::Ended(InstanceStatus::Failed);
    let coloured = page_in(&report, ending, &[], Style::COLOUR);
    assert!(
        coloured.starts_with("\u{1b}[1m\u{1b}[31m✗ failed\u{1b}[0m"),
        "{coloured:?}"
    );
    let mut stripped = coloured;
    for code in ["0", "1", "2", "31", "32", "33"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, page_in(&report, ending, &[], Style::PLAIN));
}
