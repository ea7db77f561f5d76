//! What operators do with the file: check, backup, vacuum.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use hephaestus_core::{Json, Timestamp};
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::sqlite::admin::{CheckOptions, CheckReport, backup, check, vacuum};
use hephaestus_host::store::{Store, StoreError, WriteAnswer};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::compatibility::dump::dump;
use crate::compatibility::script::{component, deployed, graph, write_all};
use crate::support::{Draft, instance_id};

/// A store with instances in every status, which nobody uses.
async fn filled() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    write_all(&store).await;
    store.close().await.expect("the store closes");
    (folder, path)
}

fn with_workflows() -> CheckOptions {
    let mut options = CheckOptions::default();
    options.workflows = [1, 2]
        .map(|version| (deployed(version).digest, graph(version)))
        .into();
    options
}

fn findings(report: &CheckReport) -> String {
    assert_eq!(report.findings.len() as u64, report.findings_in_total);
    assert_eq!(report.is_sound(), report.findings.is_empty());
    report
        .findings
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect()
}

fn shorten(folder: &TempDir, error: &StoreError) -> String {
    let real = folder.path().canonicalize().expect("a folder");
    let text = error.to_string().replace(&*real.to_string_lossy(), "<folder>");
    text.replace(&*folder.path().to_string_lossy(), "<folder>")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().expect("a name")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_sound_store_is_sound() {
    let (_folder, path) = filled().await;
    let before = std::fs::read(&path).unwrap();
    let report = check(&path, CheckOptions::default()).await.unwrap();
    assert_eq!(findings(&report), "");
    let counts = (report.instances, report.folded, report.timers);
    assert_eq!(counts, (8, 0, 7));
    assert_eq!((report.entries, report.versions, report.components), (71, 2, 2));
    let report = check(&path, with_workflows()).await.unwrap();
    assert_eq!(findings(&report), "");
    assert_eq!(report.folded, 8);
    assert!(before == std::fs::read(&path).unwrap(), "the file was touched");

    // A component that nothing needs may be gone.
    let store = SqliteStore::open(&path).await.unwrap();
    for n in [5, 7] {
        store.delete(instance_id(n)).await.unwrap();
    }
    for n in [1, 2, 3] {
        let sql = "UPDATE instances SET status = 'failed', ended_at = 0 WHERE id = ?1";
        let shell = Connection::open(&path).unwrap();
        shell.execute(sql, [instance_id(n).0.as_bytes()]).unwrap();
        store.delete(instance_id(n)).await.unwrap();
    }
    assert_eq!(store.purge(Timestamp(5_000), 1).await.unwrap().components, 1);
    let report = check(&path, with_workflows()).await.unwrap();
    assert_eq!(findings(&report), "", "beside a host, too");
    assert_eq!((report.instances, report.components, report.versions), (3, 1, 2));
}

/// Does this to a store, and checks it.
async fn check_damaged(sabotage: &str, expected: Expect) {
    let (_folder, path) = filled().await;
    let shell = Connection::open(&path).unwrap();
    shell.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    let changed = shell.execute_batch(sabotage);
    changed.unwrap_or_else(|error| panic!("{sabotage}: {error}"));
    shell.close().unwrap();
    let report = check(&path, with_workflows()).await.unwrap();
    let found = findings(&report).replace("01900000-0000-7000-8000-00000000000", "n");
    expected.assert_eq(&found);
}

const ID: &str = "WHERE hex(id) LIKE '%3'";
const OF: &str = "WHERE hex(instance) LIKE '%3'";

#[tokio::test]
async fn damaged_journals_are_found() {
    check_damaged(
        &format!("DELETE FROM journal {OF} AND seq = 3"),
        expect![[r#"
        instance n3: the journal of instance n3 has entry 4 where 3 should be
    "#]],
    )
    .await;
    check_damaged(
        &format!("DELETE FROM journal {OF} AND seq > 4"),
        expect![[r#"
            instance n3: its version is 6, its journal says 4
            instance n3: its time of change is 3050, its journal says 3030
            instance n3: timer 2 is set, its journal doesn't say so
            instance n3: timer 3 is set, its journal doesn't say so
        "#]],
    )
    .await;
    check_damaged(
        &format!("DELETE FROM journal {OF}"),
        expect![[r#"
        instance n3: its journal is empty
    "#]],
    )
    .await;
    check_damaged(
        &format!("UPDATE journal SET record = 'la la la' {OF} AND seq = 2"),
        expect![[r#"
            instance n3: entry 2 of instance n3 can't be read: expected value at line 1 column 1
        "#]],
    )
    .await;
    check_damaged(
        &format!(
            "UPDATE journal SET record = (SELECT record FROM journal {OF} AND seq = 5) {OF} AND seq = 1"
        ),
        expect![[r#"
            instance n3: its journal doesn't begin with its creation
        "#]],
    )
    .await;
    check_damaged(
        &format!(
            "UPDATE journal SET record = (SELECT record FROM journal {OF} AND seq = 1) {OF} AND seq = 5"
        ),
        expect![[r#"
            instance n3: entry 5 creates it again
        "#]],
    )
    .await;
    // Two entries are exchanged: only the fold can see that.
    check_damaged(
        &format!(
            "UPDATE journal SET record = (SELECT record FROM journal {OF} AND seq = 3) {OF} AND seq = 4"
        ),
        expect![[r#"
            instance n3: the journal is damaged at entry 4: `left` is not ready with attempt 1, it has ended with `ok`
        "#]],
    )
    .await;
    check_damaged(
        &format!("UPDATE journal SET at = at + 1 {OF} AND seq = 6"),
        expect![[r#"
            instance n3: its time of change is 3050, its journal says 3051
        "#]],
    )
    .await;
    check_damaged(
        &format!("DELETE FROM instances {ID}"),
        expect![[r#"
        the file: 6 rows of `journal` are of instances that are not stored
        the file: 3 rows of `timers` are of instances that are not stored
    "#]],
    )
    .await;
}

#[tokio::test]
async fn damaged_instances_are_found() {
    check_damaged(
        &format!("UPDATE instances SET summary = '{{}}' {ID}"),
        expect![[r#"
            instance n3: the summary of instance n3 can't be read: missing field `instance` at line 1 column 2
        "#]],
    )
    .await;
    check_damaged(
        &format!(
            "UPDATE instances SET workflow = 'bills', status = 'running', workflow_version = 9, ended_at = 5,
                 request_id = NULL, unique_key = NULL {ID}"
        ),
        expect![[r#"
            instance n3: its workflow is "bills", its summary says "orders"
            instance n3: its status is "running", its summary says "waiting"
            instance n3: its unique_key is null, its summary says "workflow/orders/orderid::n3"
            instance n3: its workflow_version is 9, its summary says 1
            instance n3: its ended_at is 5, its summary says null
            instance n3: its request id is null, its journal says "request 3"
        "#]],
    )
    .await;
    check_damaged(
        &format!(
            "UPDATE instances SET status = 'completed', ended_at = 7,
                 summary = json_set(summary, '$.status', 'completed', '$.ended_at', 7) {ID}"
        ),
        expect![[r#"
            instance n3: its end is ["completed",7], its journal says null
        "#]],
    )
    .await;
    // Not what the journal says, and not what it says by itself either.
    check_damaged(
        &format!("UPDATE instances SET summary = json_remove(summary, '$.waiting_since') {ID}"),
        expect![[r#"
            instance n3: its waiting_since is null, the state that its journal folds to says 3050
        "#]],
    )
    .await;
    check_damaged(
        &format!("UPDATE timers SET due = due + 1 {OF} AND number = 3"),
        expect![[r#"
            instance n3: timer 3 is set, its journal doesn't say so
        "#]],
    )
    .await;
    check_damaged(
        &format!("UPDATE timers SET number = 9 {OF} AND number = 3"),
        expect![[r#"
            instance n3: timer 9 is set, its journal doesn't say so
        "#]],
    )
    .await;
    check_damaged(&format!("DELETE FROM timers {OF} AND number = 3"), expect![[r#"
        instance n3: its set of timers is {"1":3603000,"2":63040}, the state that its journal folds to says {"1":3603000,"2":63040,"3":93050}
    "#]]).await;
    check_damaged(
        "INSERT INTO timers SELECT id, 1, 3605000 FROM instances WHERE hex(id) LIKE '%5'",
        expect![[r#"
            instance n5: it has ended, and timer 1 is set
        "#]],
    )
    .await;
}

#[tokio::test]
async fn damaged_code_is_found() {
    check_damaged("DELETE FROM components", expect![[r#"
        `orders` version 2: it is the current version, which needs component sha256:5bfc42161ef224b5cddf08cc66b3159996a4cc1af6660d6ab074df7cd4b9b4c0, which is not stored: deploy it again
        `orders` version 1: 5 instances need component sha256:c04a1b3730357636a3e6312e334645f4750e1ce8081540876d8f0e07158064b5, which is not stored: deploy it again
    "#]]).await;
    check_damaged(
        "UPDATE components SET bytes = x'00' WHERE rowid = 1",
        expect![[r#"
            component sha256:c04a1b3730357636a3e6312e334645f4750e1ce8081540876d8f0e07158064b5: its bytes are those of sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d: restore the store from a backup
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_checked_is_an_error() {
    let (folder, path) = filled().await;
    let missing = check(folder.path().join("other.db"), CheckOptions::default()).await;
    assert_eq!(
        shorten(&folder, &missing.unwrap_err()),
        "the store is not available: there is no file `<folder>/other.db`"
    );
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/golden/format-1.db");
    std::fs::copy(golden, &path).unwrap();
    let older = check(&path, CheckOptions::default()).await;
    assert!(
        matches!(older, Err(StoreError::OlderFormat { found: 1, .. })),
        "{older:?}"
    );
}

/// Damaged pages are no reason to look at nothing.
#[tokio::test]
async fn a_scrambled_page_is_found() {
    let (_folder, path) = filled().await;
    let shell = Connection::open(&path).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'instances_by_status'";
    let page: usize = shell
        .query_row(sql, [], |row| row.get::<_, i64>(0))
        .unwrap()
        .try_into()
        .unwrap();
    shell.close().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4_096 * (page - 1) + 100..4_096 * page].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let report = check(&path, CheckOptions::default()).await.unwrap();
    assert!(!report.is_sound());
    assert_eq!(report.instances, 8);
}

#[tokio::test]
async fn a_backup_is_the_store_as_it_was() {
    let (folder, path) = filled().await;
    let host = SqliteStore::open(&path).await.unwrap();
    let mut draft = Draft::new(20);
    let answer = host.write(vec![draft.create()]).await;
    assert_eq!(answer, Ok(vec![WriteAnswer::Committed]), "it is in the log only");
    let expected = dump(&host).await;
    let to = folder.path().join("copies");
    std::fs::create_dir(&to).unwrap();
    let to = to.join("monday.db");
    let made = backup(&path, &to).await.unwrap();
    assert_eq!(
        (made.path.as_path(), made.bytes),
        (&*to, to.metadata().unwrap().len())
    );
    assert_eq!(names(to.parent().unwrap()), ["monday.db"]);
    host.write(vec![draft.append()]).await.unwrap();

    let again = backup(&path, &to).await.unwrap_err();
    expect!["the store is not available: no backup can be written to `<folder>/copies/monday.db`: it exists already; move it away, or choose another name"]
        .assert_eq(&shorten(&folder, &again));
    let nowhere = backup(&path, folder.path().join("none/monday.db"))
        .await
        .unwrap_err();
    expect!["the store is not available: no backup can be written to `<folder>/none/monday.db`: there is no such folder; create it, or choose another one"].assert_eq(&shorten(&folder, &nowhere));
    let nothing = backup(folder.path().join("none.db"), folder.path().join("x.db"))
        .await
        .unwrap_err();
    expect!["the store is not available: there is no file `<folder>/none.db`"]
        .assert_eq(&shorten(&folder, &nothing));
    assert_eq!(names(to.parent().unwrap()), ["monday.db"]);

    let reader = SqliteStore::open_read_only(&to).await.unwrap();
    assert_eq!(dump(&reader).await, expected);
    reader.close().await.unwrap();
    let restored = SqliteStore::open(&to).await.unwrap();
    assert_eq!(dump(&restored).await, expected);
    let answer = restored.write(vec![Draft::new(21).create()]).await;
    assert_eq!(answer, Ok(vec![WriteAnswer::Committed]));
}

#[tokio::test]
async fn a_vacuum_gives_room_back() {
    let (folder, path) = filled().await;
    let missing = vacuum(folder.path().join("none.db")).await.unwrap_err();
    expect!["the store is not available: there is no file `<folder>/none.db`"]
        .assert_eq(&shorten(&folder, &missing));
    let host = SqliteStore::open(&path).await.unwrap();
    let in_use = vacuum(&path).await.unwrap_err();
    assert!(matches!(in_use, StoreError::InUse { .. }), "{in_use:?}");
    let mut large = Draft::new(30);
    large.payload(Json::from(serde_json::json!({ "text": "x".repeat(1 << 20) })));
    host.write(vec![large.create()]).await.unwrap();
    let ended = large.become_(hephaestus_core::engine::InstanceStatus::Failed);
    host.write(vec![ended]).await.unwrap();
    host.delete(large.id()).await.unwrap();
    for version in [3, 4] {
        let answer = host.deploy(deployed(version), component(version)).await;
        answer.unwrap();
    }
    let expected = dump(&host).await;
    host.close().await.unwrap();

    let done = vacuum(&path).await.unwrap();
    assert_eq!(done.components, 1, "version 3 is neither current nor needed");
    assert!(done.bytes_before > 2 << 20, "{done:?}");
    assert!(done.bytes_after < 100_000, "{done:?}");
    assert_eq!(done.bytes_after, path.metadata().unwrap().len());
    assert_eq!(names(folder.path()), ["store.db", "store.db.lock"]);
    let host = SqliteStore::open(&path).await.unwrap();
    let gone = String::from_utf8(component(3)).unwrap();
    let expected = expected.replace(&format!("\"component\":\"{gone}\""), "\"component\":null");
    assert_eq!(dump(&host).await, expected);
    let report = check(&path, with_workflows()).await.unwrap();
    assert_eq!(findings(&report), "");
}
