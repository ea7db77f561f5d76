//! Goldens of the page.

use std::ffi::OsStr;

use expect_test::{Expect, expect};
use hephaestus_host::core::Json;
use hephaestus_host::core::engine::{FailureKind, Summary};

use super::*;
use crate::args::{self, Command};
use crate::output::fixtures::{self, Journal, created, step};
use crate::resolved::{self, HistoryOptions};

fn options(more: &[&str]) -> HistoryOptions {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.db");
    std::fs::write(&file, "").expect("a file");
    let store = format!("sqlite:{}", file.display());
    let mut words = vec!["hephaestus", "history", "a1", "--store", &store];
    words.extend(more);
    let words: Vec<_> = words.into_iter().map(Into::into).collect();
    let Command::History(args) = args::parse(&words).expect("a command line").command else {
        panic!("`history` is what was typed");
    };
    resolved::history::resolve(&args, OsStr::new("hephaestus")).expect("a command line that makes sense")
}

fn summary(journal: &[JournalEntry], status: InstanceStatus) -> Summary {
    let created = fixtures::created_of(journal);
    Summary {
        instance: created.instance,
        business_id: created.business_id.clone(),
        workflow: created.workflow.clone(),
        workflow_version: created.version,
        digest: created.digest,
        status,
        version: journal.len() as u64,
        created_at: fixtures::START,
        updated_at: fixtures::START,
        ended_at: None,
        waiting_since: None,
        failure: (status == InstanceStatus::Failed).then(fixtures::shipping_failure),
        unique_key: None,
    }
}

fn page(summary: Result<Summary, String>, journal: Vec<JournalEntry>, more: &[&str], style: Style) -> String {
    let options = options(more);
    let report = HistoryReport::new(summary.map(Some), journal, &options).expect("a journal");
    let page = Page {
        report: &report,
        options: &options,
        style,
        columns: 80,
    };
    page.render()
        .replace(&options.target.store.to_string(), "orders.db")
}

fn check(status: InstanceStatus, journal: Vec<JournalEntry>, more: &[&str], expected: Expect) {
    let summary = summary(&journal, status);
    let page = page(Ok(summary), journal, more, Style::PLAIN);
    for line in page.lines() {
        let is_command = line.starts_with("    hephaestus");
        assert!(is_command || line.chars().count() <= 80, "too wide: {line}");
        assert_eq!(line, line.trim_end(), "blanks at the end");
    }
    assert!(!page.contains('\u{1b}'), "nothing steers the terminal");
    expected.assert_eq(&page);
}

#[test]
fn a_completed_order() {
    check(
        InstanceStatus::Completed,
        fixtures::completed_order(),
        &[],
        expect![[r#"
            ✓ completed  orderid::a1

              workflow  order-flow, version 1 (abababababab)
              instance  01975c8e-0000-7000-8000-000000000001
              database  orders.db

              2026-01-01 (UTC)
                 1  00:00:00.000        +0 ms  started; `validate` is next
                                                 input {"sku": "anvil"}
                 2  00:00:00.003      +3.0 ms  `validate` ended with `valid`; next:
                                               `reserve`, `charge`; not needed any more:
                                               `reject`
                                                 result {"total_cents": 12000}
                 3  00:00:00.005      +5.0 ms  `reserve` ended with `reserved`
                 4  00:00:00.006      +6.0 ms  `charge` ended with `charged`; next:
                                               `approve`
                                                 result {"payment": "p-77", "lines": [1, 2]}
                 5  00:00:00.008      +8.0 ms  `approve` waits for an event; it times out in
                                               1 d, at 2026-01-02 00:00:00 UTC
                 6  00:00:03.108       +3.1 s  the event `approved` was accepted
                 7  00:00:03.108       +3.1 s  `approve` ended with `approved`, which was
                                               sent; it had waited 3.1 s; next: `ship`; not
                                               needed any more: `refund`, `release`
                 8  00:00:03.110       +3.1 s  its host had ended; what may have been
                                               running runs again: `ship`
                 9  00:00:03.112       +3.1 s  attempt 1 of `ship` failed; the next one
                                               comes 200 ms later
                                                 guest-error: the carrier did not answer
                                                 within the two seconds that it was given,
                                                 which happens on Mondays
                10  00:00:03.312       +3.3 s  attempt 2 of `ship` is next: its pause is
                                               over
                11  00:00:03.320       +3.3 s  `ship` ended with `shipped`
                                                 result {"tracking": "T-1"}
                12  00:00:03.320       +3.3 s  completed after 3.3 s
        "#]],
    );
}

#[test]
fn a_failed_order_can_be_retried() {
    let more = ["--after", "10", "--receipts"];
    check(
        InstanceStatus::Failed,
        fixtures::failed_order(),
        &more,
        expect![[r#"
            ✗ failed  orderid::a1

              workflow  order-flow, version 1 (abababababab)
              instance  01975c8e-0000-7000-8000-000000000001
              database  orders.db
              consumed  6 attempts, 6.3 ms, 0 ms of processor time, 1.1 MiB of memory

              2026-01-01 (UTC)
                11  00:00:03.320       +3.3 s  `ship` failed for good at attempt 2; nothing
                                               in the graph follows on that
                                                 trap: wasm trap: unreachable / �[31min
                                                 ship::execute
                                                 attempt 2 took 2.0 ms and 1.1 MiB of
                                                 memory, in a fresh sandbox
                12  00:00:03.320       +3.3 s  failed after 3.3 s

              Once the cause is gone, to let it try again:
                hephaestus retry 01975c8e-0000-7000-8000-000000000001 --store sqlite:orders.db
        "#]],
    );
}

#[test]
fn a_stuck_one_can_not() {
    let journal = fixtures::failed_order();
    let mut summary = summary(&journal, InstanceStatus::Failed);
    if let Some(failure) = &mut summary.failure {
        failure.failure.kind = FailureKind::Stuck;
    }
    let page = page(Ok(summary), journal, &[], Style::PLAIN);
    assert!(!page.contains("try again:"), "{page}");
}

#[test]
fn nothing_may_have_come_after() {
    let more = ["--after", "99"];
    check(
        InstanceStatus::Waiting,
        fixtures::waiting_order(),
        &more,
        expect![[r#"
            … waiting  orderid::a1

              workflow  order-flow, version 1 (abababababab)
              instance  01975c8e-0000-7000-8000-000000000001
              database  orders.db

              Nothing came after entry 99: the last one is 5.
        "#]],
    );
}

#[test]
fn what_is_saved_time_and_again_is_told_once() {
    let saved = |value: &str| Record::CheckpointSaved {
        step: step("import"),
        attempt: 1,
        value: Json::parse(value).expect("JSON"),
    };
    let mut journal = Journal::default().at(0, created());
    for number in 1..=1_200 {
        journal = journal.at(number, saved(&format!(r#"{{"row": {number}}}"#)));
    }
    let more = ["--after", "1"];
    check(
        InstanceStatus::Running,
        journal.entries(),
        &more,
        expect![[r#"
        … running  orderid::a1

          workflow  order-flow, version 1 (abababababab)
          instance  01975c8e-0000-7000-8000-000000000001
          database  orders.db

          2026-01-01 (UTC)
          1201  00:00:01.200       +1.2 s  attempt 1 of `import` saved how far it has
                                           come (13 bytes); the last of 1,200 times in a
                                           row
                                             progress {"row": 1200}
    "#]],
    );
}

#[test]
fn a_new_day_begins_with_its_date() {
    let page = page(
        Ok(summary(&fixtures::completed_order(), InstanceStatus::Waiting)),
        Journal::default()
            .at(0, created())
            .at(86_400_000 * 3, fixtures::accepted("approved"))
            .entries(),
        &[],
        Style::PLAIN,
    );
    assert!(page.contains("  2026-01-01 (UTC)\n"), "{page}");
    assert!(
        page.contains("  2026-01-04 (UTC)\n     2  00:00:00.000         +3 d  the"),
        "{page}"
    );
}

#[test]
fn a_damaged_summary_hides_no_journal() {
    let page = page(
        Err("eaten by a mouse".into()),
        fixtures::waiting_order(),
        &[],
        Style::PLAIN,
    );
    assert!(page.starts_with("! damaged  orderid::a1\n"), "{page}");
    assert!(page.contains("its summary: eaten by a mouse"), "{page}");
    assert!(page.contains("`approve` waits for an event"), "{page}");
}

#[test]
fn colours_only_mark() {
    let summary = summary(&fixtures::completed_order(), InstanceStatus::Completed);
    let coloured = page(Ok(summary), fixtures::completed_order(), &[], Style::COLOUR);
    assert!(
        coloured.contains("\u{1b}[32mcompleted after 3.3 s\u{1b}[0m"),
        "{coloured}"
    );
}
