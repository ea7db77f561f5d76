//! Databases of this version and of all before it are read for ever. `golden/` has one of each format, with what is in
//! it as text: one JSON line for each fact. They are never made again; a new format gets a new pair.

pub(crate) mod dump;
pub(crate) mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hephaestus_core::engine::{Input, InstanceState, InstanceStatus, Summary};
use hephaestus_core::{TimerId, Timestamp, WorkflowVersion};
use hephaestus_host::deploy::digest;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Purged, Query, Store, Write, WriteAnswer,
};
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

fn all() -> Query {
    Query {
        limit: usize::MAX,
        ..Query::default()
    }
}

async fn summaries(store: &dyn Store) -> Vec<Summary> {
    let page = store.query(all()).await.expect("the store works");
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

/// What can't be read keeps nothing else from being brought up to date, and is held on to.
#[tokio::test]
async fn a_damaged_file_of_format_1_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    std::fs::copy(golden(1, "db"), &path).expect("a copy");
    let shell = Connection::open(&path).expect("a database");
    // Version 2 has three instances: 4, 6 and 8. Their summaries are damaged, and the first entry of one of them.
    for (n, summary) in [
        (4, "'la la la'"),
        (6, "'{\"workflow_version\": []}'"),
        (8, "CAST(x'ff' AS TEXT)"),
    ] {
        let id = instance_id(n);
        let sql = format!("UPDATE instances SET summary = {summary} WHERE id = ?1");
        assert_eq!(shell.execute(&sql, [id.0.as_bytes()]), Ok(1));
    }
    let unreadable = "UPDATE journal SET record = 'la' WHERE instance = ?1 AND seq = 1";
    assert_eq!(shell.execute(unreadable, [instance_id(8).0.as_bytes()]), Ok(1));
    shell.close().expect("it closes");

    let store = SqliteStore::open(&path).await.expect("the store opens");
    let before: Vec<_> = store.query(all()).await.unwrap().instances();
    assert_eq!(before.len(), 8);
    let newest = DeployedVersion {
        version: WorkflowVersion(3),
        digest: digest(b"new"),
        ..deployed(2)
    };
    assert_eq!(
        store.deploy(newest, b"new".to_vec()).await,
        Ok(DeployAnswer::Deployed)
    );
    for n in [5, 7] {
        assert_eq!(store.delete(instance_id(n)).await, Ok(DeleteAnswer::Deleted));
    }
    // Nobody knows which version 6 and 8 need.
    assert_eq!(
        store.purge(Timestamp(u64::MAX), 99).await,
        Ok(Purged::default()),
        "what can't be read never becomes old, and its code is kept"
    );
    assert_eq!(store.component(deployed(1).digest).await, Ok(Some(component(1))));
    assert_eq!(store.component(deployed(2).digest).await, Ok(Some(component(2))));
}

/// Holds all that a journal can hold. When the format is new, this makes the pair and fails until it is committed.
#[tokio::test]
async fn the_golden_of_this_format_is_there() {
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
    if golden(format, "db").exists() {
        return; // Kept for ever, as it was written then.
    }
    std::fs::copy(&path, golden(format, "db")).expect("the golden is written");
    std::fs::write(golden(format, "jsonl"), text).expect("its text is written");
    panic!("the golden of format {format} was written now: commit it");
}
