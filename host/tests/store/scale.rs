//! Nothing that a host does often costs more because much has ended: the same calls on a store with a few finished
//! instances and on one with very many, in the same run.

use std::path::Path;
use std::time::{Duration, Instant};

use hephaestus_core::Timestamp;
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{Query, Store, WriteAnswer};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::support::{Draft, timer};

/// Finished instances of the small store; and active ones, of both.
const FEW: u64 = 400;
const ACTIVE: u64 = 50;

/// How often each call is measured. The fastest counts: the machine is shared.
const ROUNDS: u64 = 15;

/// The large store may be this much slower. A call that looks at all that has ended is hundreds of times slower.
const MAX_RATIO: u32 = 20;

/// What is faster than this counts as this.
const FLOOR: Duration = Duration::from_micros(100);

/// Finished instances, all with the same business id, as of a job that runs every minute.
fn fill(path: &Path, count: u64) {
    let mut draft = Draft::new(0).business("nightly");
    let entries = draft.create().change().entries.clone();
    draft.ends(InstanceStatus::Completed, 0);
    let nil = draft.id().to_string();
    let summary = serde_json::to_string(&draft.summary).expect("JSON");
    let record = serde_json::to_string(&entries[0].record).expect("JSON");
    let shell = Connection::open(path).expect("a database");
    shell
        .execute_batch("PRAGMA synchronous = OFF; BEGIN; CREATE TEMP TABLE n (i INTEGER PRIMARY KEY)")
        .expect("a table of numbers");
    shell
        .execute(
            "INSERT INTO n WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             SELECT i FROM n",
            [i64::try_from(count).expect("a count")],
        )
        .expect("numbers");
    let uuid = "'01900000-0000-7000-8000-' || printf('%012x', i)";
    let id = format!("unhex(replace({uuid}, '-', ''))");
    let instances = format!(
        "INSERT INTO instances (id, version, workflow, business_id, status, summary, workflow_version, ended_at)
         SELECT {id}, 1, 'orders', 'orderid::nightly', 'completed',
             json_set(replace(?1, ?2, {uuid}), '$.ended_at', 1000 + i), 1, 1000 + i FROM n"
    );
    let filled = shell.execute(&instances, params![summary, nil]);
    filled.expect("instances");
    let journal = format!("INSERT INTO journal SELECT {id}, 1, 10000, replace(?1, ?2, {uuid}) FROM n");
    shell.execute(&journal, params![record, nil]).expect("journals");
    shell.execute_batch("COMMIT").expect("a commit");
    shell.close().expect("it closes");
    // Else the first commits that are measured wait for all this to reach the disk.
    let file = std::fs::File::open(path).expect("the database");
    file.sync_all().expect("a sync");
}

/// A store with so many finished instances, and some that are active.
async fn store(finished: u64) -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    store.close().await.expect("the store closes");
    fill(&path, finished);
    let store = SqliteStore::open(&path).await.expect("the store opens");
    for n in 1..=ACTIVE {
        let mut draft = Draft::new(10_000_000 + n).not_unique();
        draft.summary.business_id = "orderid::nightly".parse().expect("a business id");
        draft.sets(&[timer(1, 100 + n)]);
        let answers = store.write(vec![draft.create()]).await;
        assert_eq!(answers, Ok(vec![WriteAnswer::Committed]));
    }
    (folder, store)
}

/// The first 20.
fn page(statuses: &[InstanceStatus], workflow: bool, business_id: bool) -> Query {
    Query {
        workflow: workflow.then(|| "orders".parse().expect("a name")),
        business_id: business_id.then(|| "orderid::nightly".parse().expect("a business id")),
        statuses: statuses.to_vec(),
        before: None,
        limit: 20,
    }
}

const STARTED: &[InstanceStatus] = &[InstanceStatus::Pending, InstanceStatus::Running];
const ENDED: &[InstanceStatus] = &[InstanceStatus::Completed];
const NONE: &[InstanceStatus] = &[InstanceStatus::Cancelled];

/// What is called, and how many answers of a list are expected.
const LISTS: [(&str, &[InstanceStatus], bool, bool, usize); 8] = [
    ("all", &[], false, false, 20),
    ("finished", ENDED, false, false, 20),
    ("recovery", STARTED, false, false, 20),
    ("finished of a workflow", ENDED, true, false, 20),
    ("none of a workflow", NONE, true, false, 0),
    ("active of a name", STARTED, false, true, 20),
    ("all of a name", &[], false, true, 20),
    ("all of a name and a workflow", &[], true, true, 20),
];

const OTHERS: [&str; 7] = [
    "start",
    "go on",
    "a journal",
    "versions",
    "due timers",
    "next timer",
    "purge",
];

async fn call(store: &SqliteStore, name: &str, round: u64) {
    if let Some((_, statuses, workflow, business_id, expected)) = LISTS.iter().find(|list| list.0 == name) {
        let found = store.query(page(statuses, *workflow, *business_id)).await;
        let found = found.expect("the store works").summaries.len();
        return assert_eq!(found, *expected, "{name}");
    }
    let instance = 20_000_000 + round;
    match name {
        "start" => {
            let mut draft = Draft::new(instance).unique(&format!("unique {round}"));
            let start = draft.create_for(&format!("request {round}"));
            assert_eq!(store.write(vec![start]).await, Ok(vec![WriteAnswer::Committed]));
        }
        "go on" => {
            let mut draft = Draft::new(instance).unique(&format!("unique {round}"));
            draft.create();
            let append = draft.append();
            assert_eq!(store.write(vec![append]).await, Ok(vec![WriteAnswer::Committed]));
        }
        "a journal" => {
            let journal = store.journal(Draft::new(instance).id()).await;
            assert_eq!(journal.expect("the store works").map(|it| it.len()), Some(2));
        }
        "versions" => {
            let orders = "orders".parse().expect("a name");
            assert_eq!(store.versions(Some(&orders)).await, Ok(Vec::new()));
        }
        "due timers" => {
            let due = store.due_timers(Timestamp(u64::MAX), 20).await;
            assert_eq!(due.expect("the store works").len(), 20);
        }
        "next timer" => {
            let next = store.next_timer(Timestamp(0)).await;
            assert!(next.expect("the store works").is_some());
        }
        "purge" => {
            let purged = store.purge(Timestamp(u64::MAX), 20).await;
            let purged = purged.expect("the store works");
            assert_eq!((purged.instances, purged.is_more), (20, true));
        }
        other => panic!("{other}"),
    }
}

async fn fastest(store: &SqliteStore, name: &str) -> Duration {
    let mut fastest = Duration::MAX;
    for round in 0..ROUNDS {
        let begin = Instant::now();
        call(store, name, round).await;
        fastest = fastest.min(begin.elapsed());
    }
    fastest
}

/// `HEPHAESTUS_FINISHED=1000000` for more than every test run can wait for.
fn finished() -> u64 {
    match std::env::var("HEPHAESTUS_FINISHED") {
        Ok(text) => text.parse().expect("HEPHAESTUS_FINISHED is a number"),
        Err(_) => 200_000,
    }
}

#[tokio::test]
async fn what_has_ended_slows_nothing_down() {
    let finished = finished();
    let (_small_folder, small) = store(FEW).await;
    let (_large_folder, large) = store(finished).await;
    let names = LISTS.iter().map(|list| list.0).chain(OTHERS);
    let mut slow = Vec::new();
    for name in names {
        let (few, many) = (fastest(&small, name).await, fastest(&large, name).await);
        let found = format!("{name}: {few:?} with {FEW} finished instances, {many:?} with {finished}");
        println!("{found}");
        if many > few.max(FLOOR) * MAX_RATIO {
            slow.push(found);
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
