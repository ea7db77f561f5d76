//! Goldens of the page.

use std::ffi::OsStr;

use expect_test::{Expect, expect};
use hephaestus_host::core::engine::{Failure, FailureKind};
use hephaestus_host::store;

use super::*;
use crate::args::{self, Command};
use crate::output::fixtures::{self, START, shipping_failure};
use crate::resolved::{self, StoreChoice};

fn options(more: &[&str]) -> ListOptions {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.db");
    std::fs::write(&file, "").expect("a file");
    let store = format!("sqlite:{}", file.display());
    let mut words = vec!["hephaestus", "list", "--store", &store];
    words.extend(more);
    let words: Vec<_> = words.into_iter().map(Into::into).collect();
    let Command::List(args) = args::parse(&words).expect("a command line").command else {
        panic!("`list` is what was typed");
    };
    resolved::list::resolve(&args, OsStr::new("hephaestus")).expect("a command line that makes sense")
}

fn id(number: u8) -> InstanceId {
    let text = format!("01975c8e-0000-7000-8000-0000000000{number:02}");
    text.parse().expect("an id")
}

fn summary(number: u8, name: &str, status: InstanceStatus) -> Summary {
    let created = fixtures::created_of(&fixtures::waiting_order());
    let minutes = |minutes: u64| Timestamp(START.0 + 60_000 * minutes);
    let is_waiting = status == InstanceStatus::Waiting;
    Summary {
        instance: id(number),
        business_id: name.parse().expect("a business id"),
        workflow: created.workflow.clone(),
        workflow_version: created.version,
        digest: created.digest,
        status,
        version: 7,
        created_at: START,
        updated_at: minutes(1),
        ended_at: status.is_terminal().then(|| minutes(5)),
        waiting_since: is_waiting.then(|| minutes(3)),
        failure: (status == InstanceStatus::Failed).then(shipping_failure),
        unique_key: None,
    }
}

fn found() -> store::Page {
    let mut stuck = summary(2, "orderid::a0", InstanceStatus::Failed);
    stuck.failure = Some(InstanceFailure {
        step: None,
        failure: Failure::new(
            FailureKind::Stuck,
            "nothing is left to run and `done` is not reached: `ship` got neither this nor that, nor anything else that \
             it could have done with",
        ),
    });
    store::Page {
        summaries: vec![
            summary(9, "orderid::a1", InstanceStatus::Waiting),
            summary(
                8,
                "orderid::01975c8e-0000-7000-8000-000000000001",
                InstanceStatus::Running,
            ),
            summary(7, "orderid::a3", InstanceStatus::Completed),
            summary(6, "orderid::a4", InstanceStatus::Failed),
            summary(5, "orderid::a5", InstanceStatus::Cancelled),
            stuck,
        ],
        damaged: vec![store::DamagedSummary {
            instance: id(3),
            reason: "its summary can't be read:\n\u{1b}[2Jexpected value".to_owned(),
        }],
    }
}

fn page(found: store::Page, more: &[&str], columns: Option<usize>, style: Style) -> String {
    let options = options(more);
    let store = StoreChoice::Sqlite(options.store.path().to_owned());
    let report = ListReport::new(found, options.query.limit, store);
    let page = Page {
        report: &report,
        options: &options,
        style,
        columns,
        now: Timestamp(START.0 + 3_600_000 * 3),
    };
    page.render().replace(&options.store.to_string(), "orders.db")
}

fn check(more: &[&str], columns: Option<usize>, expected: Expect) {
    let page = page(found(), more, columns, Style::PLAIN);
    assert!(!page.contains('\u{1b}'), "nothing steers the terminal");
    assert!(
        page.lines().all(|line| line == line.trim_end()),
        "blanks at the end"
    );
    expected.assert_eq(&page);
}

#[test]
fn a_line_for_each_and_damaged_ones_among_them() {
    check(
        &[],
        None,
        expect![[r#"
          INSTANCE                              BUSINESS ID                                    WORKFLOW       STATUS     SINCE
        … 01975c8e-0000-7000-8000-000000000009  orderid::a1                                    order-flow v1  waiting    2 h ago
        … 01975c8e-0000-7000-8000-000000000008  orderid::01975c8e-0000-7000-8000-000000000001  order-flow v1  running    2 h ago
        ✓ 01975c8e-0000-7000-8000-000000000007  orderid::a3                                    order-flow v1  completed  2 h ago
        ✗ 01975c8e-0000-7000-8000-000000000006  orderid::a4                                    order-flow v1  failed     2 h ago  ship: trap: wasm trap: unreachable / �[31min ship::execute
        ■ 01975c8e-0000-7000-8000-000000000005  orderid::a5                                    order-flow v1  cancelled  2 h ago
        ! 01975c8e-0000-7000-8000-000000000003  damaged: its summary can't be read: / �[2Jexpected value
        ✗ 01975c8e-0000-7000-8000-000000000002  orderid::a0                                    order-flow v1  failed     2 h ago  stuck: nothing is left to run and `done` is not reached: `ship` got neither this nor that, nor anything else that it co…
    "#]],
    );
}

#[test]
fn a_page_says_how_to_get_the_next_one_with_the_same_filters() {
    let more = [
        "--status",
        "active,failed",
        "completed",
        "--workflow",
        "order-flow",
        "--limit",
        "3",
    ];
    check(
        &more,
        None,
        expect![[r#"
          INSTANCE                              BUSINESS ID                                    WORKFLOW       STATUS     SINCE
        … 01975c8e-0000-7000-8000-000000000009  orderid::a1                                    order-flow v1  waiting    2 h ago
        … 01975c8e-0000-7000-8000-000000000008  orderid::01975c8e-0000-7000-8000-000000000001  order-flow v1  running    2 h ago
        ✓ 01975c8e-0000-7000-8000-000000000007  orderid::a3                                    order-flow v1  completed  2 h ago

          There are older ones:
            hephaestus list --workflow order-flow --status active failed completed --limit 3 --before 01975c8e-0000-7000-8000-000000000007 --store sqlite:orders.db
    "#]],
    );
}

#[test]
fn reasons_end_where_the_terminal_does() {
    check(
        &["--limit", "4"],
        Some(160),
        expect![[r#"
          INSTANCE                              BUSINESS ID                                    WORKFLOW       STATUS     SINCE
        … 01975c8e-0000-7000-8000-000000000009  orderid::a1                                    order-flow v1  waiting    2 h ago
        … 01975c8e-0000-7000-8000-000000000008  orderid::01975c8e-0000-7000-8000-000000000001  order-flow v1  running    2 h ago
        ✓ 01975c8e-0000-7000-8000-000000000007  orderid::a3                                    order-flow v1  completed  2 h ago
        ✗ 01975c8e-0000-7000-8000-000000000006  orderid::a4                                    order-flow v1  failed     2 h ago  ship: trap: wasm trap: unreachable /…

          There are older ones:
            hephaestus list --limit 4 --before 01975c8e-0000-7000-8000-000000000006 --store sqlite:orders.db
    "#]],
    );
}

#[test]
fn nothing_is_said_in_words() {
    let empty = |more: &[&str]| page(store::Page::default(), more, None, Style::PLAIN);
    assert_eq!(empty(&[]), "There is no instance in orders.db.\n");
    let filtered = empty(&["--status", "failed"]);
    assert!(
        filtered.starts_with("No such instance is in orders.db."),
        "{filtered}"
    );
    assert!(filtered.contains("hephaestus list --store"), "{filtered}");
}

#[test]
fn colours_only_mark() {
    let coloured = page(found(), &[], None, Style::COLOUR);
    assert!(coloured.contains("\u{1b}[32mcompleted\u{1b}[0m"), "{coloured}");
}
