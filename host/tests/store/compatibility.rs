//! Databases of this version and of all before it are read for ever. `golden/` has one of each format, with what is in
//! it as text: one JSON line for each fact. They are never made again; a new format gets a new pair.

mod dump;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hephaestus_core::engine::{Input, InstanceState, InstanceStatus, Summary};
use hephaestus_core::{TimerId, Timestamp};
use hephaestus_host::deploy::digest;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{DeployAnswer, DueTimer, Query, Store, Write, WriteAnswer};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Draft, instance_id};
use dump::dump;
use script::{ALL_RECORDS, Run, component, deployed, graph, sent, write_all};

fn golden(format: u32, extension: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/golden");
    folder.join(format!("format-{format}.{extension}"))
}

fn format_of(path: &Path) -> u32 {
    let connection = Connection::open(path).expect("a database");
    let format = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    format.expect("a format")
}

/// The format that this version writes.
async fn current_format() -> u32 {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    store.close().await.expect("the store closes");
    format_of(&path)
}

/// A copy of the golden database, opened by this version.
async fn opened(format: u32) -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    std::fs::copy(golden(format, "db"), &path)
        .unwrap_or_else(|error| panic!("format {format} has no golden database: {error}"));
    assert_eq!(format_of(&path), format);
    let store = SqliteStore::open(&path).await.expect("the store opens");
    (folder, store)
}

async fn summaries(store: &dyn Store) -> Vec<Summary> {
    let all = Query {
        limit: usize::MAX,
        ..Query::default()
    };
    let page = store.query(all).await.expect("the store works");
    assert_eq!(page.damaged, []);
    page.summaries
}

async fn fold(store: &dyn Store, summary: &Summary) -> InstanceState {
    let journal = store.journal(summary.instance).await.expect("the store works");
    let journal = journal.expect("there is such an instance");
    InstanceState::fold(graph(summary.workflow_version.0), &journal).expect("it folds")
}

#[tokio::test]
async fn each_format_is_read_as_it_was_written() {
    for format in 1..=current_format().await {
        let (folder, store) = opened(format).await;
        let expected = std::fs::read_to_string(golden(format, "jsonl")).expect("a text");
        let found = dump(&store).await;
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "format {format}");
        }
        assert_eq!(found.lines().count(), expected.lines().count(), "format {format}");
        store.close().await.unwrap();
        let path = folder.path().join("store.db");
        assert_eq!(
            format_of(&path),
            current_format().await,
            "it was brought up to date"
        );
    }
}

/// The states that journals fold to are those that summaries and timers were made from.
#[tokio::test]
async fn each_format_folds_to_what_it_lists() {
    for format in 1..=current_format().await {
        let (_folder, store) = opened(format).await;
        let mut timers = BTreeSet::new();
        let mut statuses = BTreeMap::<_, u32>::new();
        for summary in summaries(&store).await {
            let state = fold(&store, &summary).await;
            assert_eq!(Summary::of(&state), summary, "format {format}");
            *statuses.entry(summary.status.as_str()).or_default() += 1;
            for timer in state.timers().values() {
                let id = TimerId {
                    instance: summary.instance,
                    number: timer.number,
                };
                timers.insert(DueTimer { due: timer.due, id });
            }
        }
        assert_eq!(statuses.len(), 6, "format {format}: {statuses:?}");
        let stored = store
            .due_timers(Timestamp(u64::MAX), usize::MAX)
            .await
            .expect("timers");
        assert!(!stored.is_empty());
        assert!(
            stored.iter().eq(&timers),
            "format {format}: {stored:?} {timers:?}"
        );
    }
}

/// What was begun in an old file goes on in it: keys are held, requests are known, instances go on, code is there.
#[tokio::test]
async fn each_format_is_written_on() {
    for format in 1..=current_format().await {
        let (_folder, store) = opened(format).await;
        let answer = store.write(vec![Draft::new(99).create_for("request 1")]).await;
        let instance = instance_id(1);
        assert_eq!(answer, Ok(vec![WriteAnswer::RepeatedRequest { instance }]));
        let answer = store.write(vec![Draft::new(99).business("n1").create()]).await;
        assert!(
            matches!(answer.as_deref(), Ok([WriteAnswer::AlreadyActive { .. }])),
            "{answer:?}"
        );
        let answer = store.deploy(deployed(1), component(1)).await;
        assert_eq!(answer, Ok(DeployAnswer::Unchanged));
        assert_eq!(digest(&component(1)), deployed(1).digest);

        let waiting = summaries(&store).await.into_iter().find(|summary| {
            summary.status == InstanceStatus::Waiting && summary.instance == instance_id(script::ASKING)
        });
        let state = fold(&store, &waiting.expect("one waits")).await;
        let mut run = Run::again(&store, state);
        let event = Input::Event {
            event: sent("late", "approved"),
            routing: None,
        };
        run.input(event).await;
        run.emits("last", "ok").await;
        assert_eq!(run.state.status(), InstanceStatus::Completed);
        let summary = store.summary(run.state.created().instance).await.unwrap();
        assert_eq!(summary, Some(Summary::of(&run.state)));
        // Its name is free again.
        let freed: Write = Draft::new(99).business(&format!("n{}", script::ASKING)).create();
        assert_eq!(store.write(vec![freed]).await, Ok(vec![WriteAnswer::Committed]));
    }
}

/// Makes the pair of the current format: once, when the format is new.
#[tokio::test]
#[ignore = "writes files into golden/: run it when there is a new format, and commit what it writes"]
async fn write_the_golden_of_this_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    write_all(&store).await;
    let text = dump(&store).await;
    for record in ALL_RECORDS {
        assert!(
            text.contains(&format!("\"record\":{{\"{record}\"")),
            "no {record}"
        );
    }
    store.close().await.expect("the store closes");
    let connection = Connection::open(&path).expect("a database");
    connection.execute_batch("VACUUM").expect("a compact file");
    connection.close().expect("no log is left");

    let format = format_of(&path);
    assert!(
        !golden(format, "db").exists(),
        "format {format} has its golden, and keeps it for ever"
    );
    std::fs::copy(&path, golden(format, "db")).expect("the golden is written");
    std::fs::write(golden(format, "jsonl"), text).expect("its text is written");
}
