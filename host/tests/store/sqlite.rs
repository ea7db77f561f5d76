//! What only a file can do: be there after a crash, belong to somebody else, be damaged, get lost.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::{Expect, expect};
use hephaestus_core::engine::{InstanceStatus, Summary};
use hephaestus_core::{Json, Timestamp};
use hephaestus_host::store::committer::{Committer, CommitterLimits};
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{DeployAnswer, Query, Store, StoreError, WriteAnswer};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Draft, deployed, digest, instance_id, timer};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn db(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).await.expect("the store opens")
}

async fn commit(store: &SqliteStore, write: hephaestus_host::store::Write) {
    assert_eq!(store.write(vec![write]).await, Ok(vec![WriteAnswer::Committed]));
}

fn all() -> Query {
    Query {
        limit: usize::MAX,
        ..Query::default()
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect()
}

/// Opening `path` fails so; paths in the message are shortened.
async fn check_refused(folder: &TempDir, path: &Path, expected: Expect) -> StoreError {
    let error = SqliteStore::open(path).await.expect_err("this can't be opened");
    expected.assert_eq(&shorten(folder, &error));
    error
}

fn shorten(folder: &TempDir, error: &StoreError) -> String {
    let real = folder.path().canonicalize().expect("a folder");
    let text = error.to_string().replace(&*real.to_string_lossy(), "<folder>");
    text.replace(&*folder.path().to_string_lossy(), "<folder>")
}

/// One of everything.
async fn fill(store: &SqliteStore) {
    let mut first = Draft::new(1);
    first.sets(&[timer(1, 100), timer(2, 200)]);
    commit(store, first.create_for("request 1")).await;
    first.clears(&[1]);
    commit(store, first.become_(InstanceStatus::Waiting)).await;
    commit(store, Draft::new(2).create()).await;
    let answer = store.deploy(deployed("orders", 1, 7), vec![7; 100]).await;
    assert_eq!(answer, Ok(DeployAnswer::Deployed));
}

async fn check_full(store: &SqliteStore) {
    let page: Vec<Summary> = store.query(all()).await.unwrap().summaries;
    assert_eq!(
        page.iter().map(|found| found.instance).collect::<Vec<_>>(),
        [2, 1].map(instance_id)
    );
    assert_eq!(page[1].status, InstanceStatus::Waiting);
    assert_eq!(
        store
            .journal(instance_id(1))
            .await
            .unwrap()
            .map(|journal| journal.len()),
        Some(2)
    );
    assert_eq!(
        store.next_timer(Timestamp(0)).await.unwrap(),
        Some(Timestamp(200))
    );
    assert_eq!(store.versions(None).await.unwrap(), [deployed("orders", 1, 7)]);
    assert_eq!(store.component(digest(7)).await.unwrap(), Some(vec![7; 100]));
    let repeated = store.write(vec![Draft::new(3).create_for("request 1")]).await;
    assert_eq!(
        repeated,
        Ok(vec![WriteAnswer::RepeatedRequest {
            instance: instance_id(1)
        }])
    );
    let held = store.write(vec![Draft::new(3).business("n2").create()]).await;
    assert!(
        matches!(held.as_deref(), Ok([WriteAnswer::AlreadyActive { .. }])),
        "{held:?}"
    );
}

#[tokio::test]
async fn a_reopened_file_has_everything() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    fill(&store).await;
    store.close().await.unwrap();
    let left: Vec<_> = names(folder.path()).into_iter().collect();
    assert_eq!(
        left,
        ["store.db", "store.db.lock"],
        "a closed store is one file, and the lock's"
    );

    let store = open(&db(&folder)).await;
    check_full(&store).await;
    drop(store);
    let store = open(&db(&folder)).await;
    check_full(&store).await;
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    fill(&store).await;
    store.close().await.unwrap();
    assert_eq!(
        store.write(vec![Draft::new(5).create()]).await,
        Err(StoreError::Closed)
    );
    assert_eq!(store.summary(instance_id(1)).await, Err(StoreError::Closed));
    assert_eq!(
        store.deploy(deployed("orders", 2, 8), vec![]).await,
        Err(StoreError::Closed)
    );
}

#[test]
fn a_store_outlives_its_runtime() {
    let folder = folder();
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap()
    };
    let first = runtime();
    let store = first.block_on(async {
        let store = open(&db(&folder)).await;
        fill(&store).await;
        store
    });
    first.shutdown_background();
    drop(store);
    runtime().block_on(async { check_full(&open(&db(&folder)).await).await });
}

#[tokio::test]
async fn a_write_is_done_even_if_nobody_waits() {
    let folder = folder();
    let store = Arc::new(open(&db(&folder)).await);
    let mut write = store.write(vec![Draft::new(1).create()]);
    // One poll hands it to the writing thread; whether that is done by then doesn't matter.
    std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context).is_ready())).await;
    drop(write);
    store.close().await.unwrap();
    drop(store);
    let store = open(&db(&folder)).await;
    assert!(store.summary(instance_id(1)).await.unwrap().is_some());
}

/// The files as a power cut would leave them: a copy made while the store is in use.
fn copy_of(folder: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).expect("a copy");
    }
    copy
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_answered() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    fill(&store).await;
    let copy = copy_of(&folder);
    check_full(&open(&db(&copy)).await).await;
}

/// The tail of the log never made it to the disk: whatever its length, what is found are the first batches, whole.
#[tokio::test]
async fn a_torn_log_loses_whole_batches_from_its_end() {
    const BATCHES: u64 = 12;
    let folder = folder();
    let store = open(&db(&folder)).await;
    for n in 1..=BATCHES {
        let mut pair = [Draft::new(2 * n), Draft::new(2 * n + 1)];
        for draft in &mut pair {
            draft.payload(Json::from(serde_json::json!({ "text": "x".repeat(3_000) })));
        }
        let writes = pair
            .iter_mut()
            .flat_map(|draft| [draft.create(), draft.append()])
            .collect();
        assert_eq!(store.write(writes).await, Ok(vec![WriteAnswer::Committed; 4]));
    }
    let log_bytes = std::fs::metadata(folder.path().join("store.db-wal"))
        .unwrap()
        .len();
    let mut seen = BTreeSet::new();
    for tenth in 3..=10 {
        let copy = copy_of(&folder);
        let log = copy.path().join("store.db-wal");
        let log = std::fs::OpenOptions::new().write(true).open(log).unwrap();
        log.set_len(log_bytes * tenth / 10).unwrap();
        let store = open(&db(&copy)).await;
        let found = store.query(all()).await.unwrap().summaries;
        let batches = found.len() as u64 / 2;
        let expected: Vec<_> = (2..2 + 2 * batches).rev().map(instance_id).collect();
        assert_eq!(
            found.iter().map(|summary| summary.instance).collect::<Vec<_>>(),
            expected
        );
        assert!(found.iter().all(|summary| summary.version == 2));
        for id in expected {
            assert_eq!(
                store.journal(id).await.unwrap().map(|journal| journal.len()),
                Some(2)
            );
        }
        seen.insert(batches);
    }
    assert!(
        seen.len() > 4 && seen.contains(&BATCHES),
        "the cuts fell on different batches: {seen:?}"
    );
}

#[tokio::test]
async fn a_newer_format_is_refused_untouched() {
    let folder = folder();
    open(&db(&folder)).await.close().await.unwrap();
    let newer = Connection::open(db(&folder)).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    // The newest header is in the log only, as after a crash.
    let copy = copy_of(&folder);
    newer.close().unwrap();
    for (folder, files) in [
        (&folder, &["store.db"][..]),
        (&copy, &["store.db", "store.db-wal"]),
    ] {
        let bytes = || {
            files
                .iter()
                .map(|name| std::fs::read(folder.path().join(name)).unwrap())
                .collect::<Vec<_>>()
        };
        let before = bytes();
        let error = check_refused(
            folder,
            &db(folder),
            expect!["the store has format 99, this version reads up to format 3: use the version that wrote it, or newer"],
        )
        .await;
        assert_eq!(
            error,
            StoreError::NewerFormat {
                found: 99,
                supported: 3
            }
        );
        assert!(before == bytes(), "the file was touched");
    }
}

#[tokio::test]
async fn a_second_host_is_told_who_holds_the_file() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    let other_name = folder.path().join("link.db");
    #[cfg(unix)]
    std::os::unix::fs::symlink(db(&folder), &other_name).unwrap();
    #[cfg(not(unix))]
    std::os::windows::fs::symlink_file(db(&folder), &other_name).unwrap();
    for path in [db(&folder), other_name] {
        let error = SqliteStore::open(path).await.expect_err("it is in use");
        let text = shorten(&folder, &error);
        let me = format!(
            "the store is in use by process {}, which opened it ",
            std::process::id()
        );
        assert!(text.starts_with(&me), "{text}");
        assert!(
            text.ends_with(" s ago (`<folder>/store.db`): one host at a time; stop that one first"),
            "{text}"
        );
    }
    commit(&store, Draft::new(1).create()).await;
    store.close().await.unwrap();
    let store = open(&db(&folder)).await;
    drop(store);
    open(&db(&folder)).await;
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused_untouched() {
    let folder = folder();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "This is not a database.").unwrap();
    let error = check_refused(&folder, &text, expect!["`<folder>/notes.txt` is not a Hephaestus store: it is not a SQLite database; move it away, or choose another path"]).await;
    assert!(matches!(error, StoreError::NotAStore { .. }));
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "This is not a database.");

    let other = folder.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    let before = std::fs::read(&other).unwrap();
    check_refused(&folder, &other, expect!["`<folder>/other.db` is not a Hephaestus store: it is a SQLite database of another program (application id 0x0, 1 tables and indices); move it away, or choose another path"]).await;
    assert!(before == std::fs::read(&other).unwrap(), "the file was touched");

    let impossible = folder.path().join("impossible.db");
    let ours = i32::from_be_bytes(*b"HEPH");
    Connection::open(&impossible)
        .unwrap()
        .pragma_update(None, "application_id", ours)
        .unwrap();
    check_refused(&folder, &impossible, expect!["`<folder>/impossible.db` is not a Hephaestus store: its header says that it is one, but of the impossible format 0; move it away, or choose another path"]).await;
}

/// A file, and a copy of it in the middle of a transaction that is written to it under a rollback journal.
fn cut_off(folder: &TempDir, name: &str, before: &str) -> PathBuf {
    let writer = Connection::open(folder.path().join("whole.db")).unwrap();
    writer.execute_batch(before).unwrap();
    writer
        .execute_batch(
            "PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN; CREATE TABLE filling (bytes BLOB);
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO filling SELECT randomblob(900) FROM n;",
        )
        .unwrap();
    let copy = folder.path().join(name);
    for end in ["", "-journal"] {
        let path = |name: &str| folder.path().join(format!("{name}{end}"));
        std::fs::copy(path("whole.db"), path(name)).unwrap();
    }
    drop(writer);
    std::fs::remove_file(folder.path().join("whole.db")).unwrap();
    copy
}

#[tokio::test]
async fn a_creation_that_was_cut_off_begins_again() {
    let folder = folder();
    let path = cut_off(&folder, "store.db", "");
    assert!(path.metadata().unwrap().len() > 0);
    let store = open(&path).await;
    fill(&store).await;
    check_full(&store).await;
}

#[tokio::test]
async fn somebody_elses_unfinished_business_is_left_to_them() {
    let folder = folder();
    let path = cut_off(&folder, "songs.db", "CREATE TABLE songs (title TEXT)");
    let bytes = |end: &str| std::fs::read(folder.path().join(format!("songs.db{end}"))).unwrap();
    let before = (bytes(""), bytes("-journal"));
    check_refused(&folder, &path, expect!["`<folder>/songs.db` is not a Hephaestus store: it is a SQLite database that another program was changing when it ended (`-journal` is still beside it); move it away, or choose another path"]).await;
    assert!(before == (bytes(""), bytes("-journal")), "the files were touched");
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let folder = folder();
    std::fs::write(db(&folder), "").unwrap();
    let store = open(&db(&folder)).await;
    fill(&store).await;
    check_full(&store).await;
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_explained() {
    let folder = folder();
    check_refused(&folder, &folder.path().join("missing/store.db"), expect!["the store is not available: the folder `<folder>/missing` can't be used: No such file or directory (os error 2); create it, or choose another path"]).await;
    check_refused(
        &folder,
        folder.path(),
        expect!["the store is not available: `<folder>` is a folder: give the path of a file in it"],
    )
    .await;
    std::fs::write(folder.path().join("file"), "").unwrap();
    check_refused(
        &folder,
        &folder.path().join("file/store.db"),
        expect!["the store is not available: `<folder>/file` is not a folder"],
    )
    .await;
    check_refused(
        &folder,
        Path::new(""),
        expect!["the store is not available: `` doesn't name a file"],
    )
    .await;
    // As a read-only folder would: the lock can't be written. (Root may write to those, so this test can't use one.)
    std::fs::create_dir(folder.path().join("store.db.lock")).unwrap();
    check_refused(&folder, &db(&folder), expect!["the store is not available: `<folder>/store.db.lock` can't be written: Is a directory (os error 21); the host must be allowed to write to the folder of its database"]).await;
    assert!(!db(&folder).exists(), "nothing was created");
}

/// A commit that fails, for real: a trigger breaks a deferred foreign key, which SQLite checks at `COMMIT`.
#[tokio::test]
async fn a_failed_commit_is_unknown_and_the_next_one_works() {
    let folder = folder();
    open(&db(&folder)).await.close().await.unwrap();
    let saboteur = Connection::open(db(&folder)).unwrap();
    saboteur
        .execute_batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER saboteur AFTER INSERT ON journal BEGIN INSERT INTO child VALUES (1); END;",
        )
        .unwrap();
    let store = open(&db(&folder)).await;
    let error = store.write(vec![Draft::new(1).create()]).await.unwrap_err();
    expect!["the store can't tell whether a write survived: the commit to `<folder>/store.db` failed: FOREIGN KEY constraint failed"].assert_eq(&shorten(&folder, &error));
    assert!(matches!(error, StoreError::Unknown { .. }));
    assert_eq!(store.summary(instance_id(1)).await.unwrap(), None);
    saboteur.execute_batch("DROP TRIGGER saboteur").unwrap();
    commit(&store, Draft::new(1).create()).await;
}

/// Takes as long as the store waits for others.
#[tokio::test]
async fn a_locked_file_is_unavailable_until_it_is_not() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    commit(&store, Draft::new(1).create()).await;
    let shell = Connection::open(db(&folder)).unwrap();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.write(vec![Draft::new(2).create()]).await.unwrap_err();
    expect!["the store is not available: `<folder>/store.db`: database is locked; another program holds the file (a backup, or the `sqlite3` shell?), end its transaction"].assert_eq(&shorten(&folder, &error));
    assert!(
        store.summary(instance_id(1)).await.unwrap().is_some(),
        "reading goes on"
    );
    shell.execute_batch("ROLLBACK").unwrap();
    commit(&store, Draft::new(2).create()).await;
}

#[tokio::test]
async fn a_file_that_lost_its_name_takes_no_writes() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    commit(&store, Draft::new(1).create()).await;
    let elsewhere = folder.path().join("elsewhere.db");
    std::fs::rename(db(&folder), &elsewhere).unwrap();
    let error = store.write(vec![Draft::new(2).create()]).await.unwrap_err();
    expect!["the store is not available: `<folder>/store.db` was removed or replaced while the host was using it; put the file back, or stop the host"].assert_eq(&shorten(&folder, &error));
    std::fs::write(db(&folder), "").unwrap();
    let replaced = store.write(vec![Draft::new(2).create()]).await.unwrap_err();
    assert_eq!(replaced, error);
    std::fs::rename(&elsewhere, db(&folder)).unwrap();
    commit(&store, Draft::new(2).create()).await;
}

#[tokio::test]
async fn damage_is_found_and_named() {
    for (sabotage, expected) in [
        (
            "DELETE FROM journal WHERE seq = 2",
            expect![
                "the store is damaged: `<folder>/store.db`: the journal of instance 01900000-0000-7000-8000-000000000001 has entry 3 where 2 should be"
            ],
        ),
        (
            "DELETE FROM journal WHERE seq = 3",
            expect![
                "the store is damaged: `<folder>/store.db`: instance 01900000-0000-7000-8000-000000000001 is at version 3, its journal ends with 2"
            ],
        ),
        (
            "UPDATE journal SET record = 'la la la' WHERE seq = 2",
            expect![
                "the store is damaged: `<folder>/store.db`: entry 2 of instance 01900000-0000-7000-8000-000000000001 can't be read: expected value at line 1 column 1"
            ],
        ),
        (
            "UPDATE instances SET summary = '{}'",
            expect![
                "the store is damaged: `<folder>/store.db`: the summary of instance 01900000-0000-7000-8000-000000000001 can't be read: missing field `instance` at line 1 column 2"
            ],
        ),
    ] {
        let folder = folder();
        let store = open(&db(&folder)).await;
        let mut draft = Draft::new(1);
        commit(&store, draft.create()).await;
        commit(&store, draft.append_many(2)).await;
        Connection::open(db(&folder))
            .unwrap()
            .execute_batch(sabotage)
            .unwrap();
        let read = async {
            store.summary(instance_id(1)).await?;
            store.journal(instance_id(1)).await
        };
        let error = read.await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        expected.assert_eq(&shorten(&folder, &error));
    }
}

#[tokio::test]
async fn one_damaged_summary_hides_no_other_instance() {
    for (sabotage, expected) in [
        (
            "UPDATE instances SET summary = '{}' WHERE id = ?1",
            expect![
                "the summary of instance 01900000-0000-7000-8000-000000000002 can't be read: missing field `instance` at line 1 column 2"
            ],
        ),
        (
            "UPDATE instances SET summary = CAST(x'ff' AS TEXT) WHERE id = ?1",
            expect![
                "the summary of instance 01900000-0000-7000-8000-000000000002 can't be read: invalid utf-8 sequence of 1 bytes from index 0"
            ],
        ),
        (
            "UPDATE instances SET summary = (SELECT summary FROM instances WHERE id < ?1) WHERE id = ?1",
            expect![
                "the summary of instance 01900000-0000-7000-8000-000000000002 is that of instance 01900000-0000-7000-8000-000000000001"
            ],
        ),
    ] {
        let folder = folder();
        let store = open(&db(&folder)).await;
        for n in 1..=3 {
            commit(&store, Draft::new(n).create()).await;
        }
        let shell = Connection::open(db(&folder)).unwrap();
        assert_eq!(shell.execute(sabotage, [instance_id(2).0.as_bytes()]), Ok(1));
        let page = store.query(all()).await.unwrap();
        let readable: Vec<_> = page.summaries.iter().map(|summary| summary.instance).collect();
        assert_eq!(readable, [3, 1].map(instance_id));
        assert_eq!(page.instances(), [3, 2, 1].map(instance_id));
        let [damaged] = &page.damaged[..] else {
            panic!("{page:?}")
        };
        assert_eq!(damaged.instance, instance_id(2));
        expected.assert_eq(&damaged.reason);
        // Page by page: the one that ends with it leads on.
        let mut query = Query { limit: 2, ..all() };
        let first = store.query(query.clone()).await.unwrap();
        assert_eq!(first.last(), Some(instance_id(2)));
        query.before = first.last();
        let second = store.query(query).await.unwrap();
        assert_eq!(second.instances(), [instance_id(1)]);
        let alone = store.summary(instance_id(2)).await.unwrap_err();
        assert!(alone.to_string().ends_with(&damaged.reason), "{alone}");
    }
}

#[tokio::test]
async fn a_scrambled_file_is_damaged() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    fill(&store).await;
    store.close().await.unwrap();
    let mut bytes = std::fs::read(db(&folder)).unwrap();
    bytes[4_096..].fill(0xa5);
    std::fs::write(db(&folder), bytes).unwrap();
    let store = open(&db(&folder)).await;
    let error = store.summary(instance_id(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    expect!["the store is damaged: `<folder>/store.db`: database disk image is malformed; restore it from a backup (`sqlite3 <folder>/store.db .recover` may save the rest)"].assert_eq(&shorten(&folder, &error));
    let error = store.write(vec![Draft::new(9).create()]).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

/// SQLite would go on with a log that nobody can find, and another host could lock the file.
#[cfg(unix)]
#[tokio::test]
async fn a_store_that_lost_its_log_or_its_lock_takes_no_writes() {
    for name in ["store.db-wal", "store.db.lock"] {
        let folder = folder();
        let store = open(&db(&folder)).await;
        commit(&store, Draft::new(1).create()).await;
        std::fs::remove_file(folder.path().join(name)).unwrap();
        let error = store.write(vec![Draft::new(2).create()]).await.unwrap_err();
        let expected = format!(
            "the store is not available: `<folder>/{name}` was removed or replaced while the host was using it; put the file back, or stop the host"
        );
        assert_eq!(shorten(&folder, &error), expected);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_with_two_names_is_refused() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    commit(&store, Draft::new(1).create()).await;
    let other_name = folder.path().join("link.db");
    std::fs::hard_link(db(&folder), &other_name).unwrap();
    check_refused(&folder, &other_name, expect!["the store is not available: `<folder>/link.db` is one of 2 hard links to the same file, and hosts that use different ones would destroy it; remove the others, or use a copy"]).await;
    std::fs::remove_file(&other_name).unwrap();
    store.close().await.unwrap();
    commit(&open(&db(&folder)).await, Draft::new(2).create()).await;
}

/// Rows of a journal that don't belong there: whoever writes to that instance gets to know, and nobody else.
#[tokio::test]
async fn one_damaged_instance_fails_none_of_its_neighbours() {
    let folder = folder();
    let store = Arc::new(open(&db(&folder)).await);
    let mut drafts: Vec<_> = (1..=5).map(Draft::new).collect();
    for draft in &mut drafts {
        commit(&store, draft.create()).await;
    }
    let shell = Connection::open(db(&folder)).unwrap();
    for n in [2, 4] {
        let stray = "INSERT INTO journal SELECT instance, 2, at, record FROM journal WHERE instance = ?1";
        let id = instance_id(n);
        assert_eq!(shell.execute(stray, [id.0.as_bytes()]), Ok(1));
    }
    let mut writes: Vec<_> = drafts.iter_mut().map(Draft::append).collect();
    writes.push(Draft::new(2).create());
    writes.push(Draft::new(6).create());
    let damaged = "instance 01900000-0000-7000-8000-00000000000#: `<folder>/store.db`: UNIQUE constraint failed: journal.instance, journal.seq; restore it from a backup (`sqlite3 <folder>/store.db .recover` may save the rest)";
    let damaged = |n: u64| format!("the store is damaged: {}", damaged.replace('#', &n.to_string()));
    let answers = store.write(writes).await.unwrap();
    let answers: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer {
            WriteAnswer::Failed { error } => shorten(&folder, &error),
            answer => format!("{answer:?}"),
        })
        .collect();
    let committed = "Committed".to_owned();
    let expected = [
        committed.clone(),
        damaged(2),
        committed.clone(),
        damaged(4),
        committed.clone(),
        "Conflict { found: Some(1) }".to_owned(),
        committed,
    ];
    assert_eq!(answers, expected);
    for (n, version) in [(1, 2), (2, 1), (3, 2), (4, 1), (5, 2), (6, 1)] {
        let summary = store.summary(instance_id(n)).await.unwrap();
        assert_eq!(summary.map(|summary| summary.version), Some(version), "{n}");
    }

    // Each writer gets what is its own from the committer.
    let committer = Committer::spawn(Arc::clone(&store) as Arc<dyn Store>, CommitterLimits::default());
    let mut again = [drafts[0].clone(), Draft::new(2), drafts[2].clone()];
    again[1].create();
    let [first, second, third] = again.each_mut().map(|draft| committer.write(draft.append()));
    let (first, second, third) = tokio::join!(first, second, third);
    assert_eq!(first, Ok(WriteAnswer::Committed));
    assert_eq!(third, Ok(WriteAnswer::Committed));
    match second {
        Err(error @ StoreError::Damaged { .. }) => assert_eq!(shorten(&folder, &error), damaged(2)),
        other => panic!("{other:?}"),
    }
    assert_eq!(committer.stats().largest_batch, 3, "they were together");
}

/// Damage everywhere is everybody's.
#[tokio::test]
async fn many_damaged_instances_fail_the_batch() {
    let folder = folder();
    let store = open(&db(&folder)).await;
    let mut drafts: Vec<_> = (1..=40).map(Draft::new).collect();
    for draft in &mut drafts {
        commit(&store, draft.create()).await;
    }
    let shell = Connection::open(db(&folder)).unwrap();
    let stray = "INSERT INTO journal SELECT instance, 2, at, record FROM journal WHERE instance > ?1";
    shell.execute(stray, [instance_id(5).0.as_bytes()]).unwrap();
    let writes = drafts.iter_mut().map(Draft::append).collect();
    let error = store.write(writes).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    let first = store.summary(instance_id(1)).await.unwrap();
    assert_eq!(first.map(|summary| summary.version), Some(1));
}
