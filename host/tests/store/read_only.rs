//! A store that is opened for reading only, beside a host and without one.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use expect_test::{Expect, expect};
use hephaestus_core::Timestamp;
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::store::{Store, StoreError, WriteAnswer};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Draft, deployed, digest, instance_id, timer};

const PATH: &str = "STORE_TEST_PATH";

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    (folder, path)
}

async fn reader(path: &Path) -> SqliteStore {
    let store = SqliteStore::open_read_only(path).await;
    store.expect("the store opens for reading")
}

async fn commit(store: &SqliteStore, draft: &mut Draft) {
    let write = match draft.summary.version {
        0 => draft.create(),
        _ => draft.append(),
    };
    assert_eq!(store.write(vec![write]).await, Ok(vec![WriteAnswer::Committed]));
}

async fn version(store: &SqliteStore, n: u64) -> Option<u64> {
    let summary = store.summary(instance_id(n)).await.expect("the store works");
    summary.map(|summary| summary.version)
}

#[tokio::test]
async fn a_reader_sees_each_commit_of_the_host() {
    let (_folder, path) = folder();
    let host = SqliteStore::open(&path).await.expect("the store opens");
    let mut draft = Draft::new(1);
    draft.sets(&[timer(1, 100)]);
    commit(&host, &mut draft).await;
    let reader = reader(&path).await;
    for expected in 1..20 {
        assert_eq!(version(&reader, 1).await, Some(expected));
        let journal = reader.journal(instance_id(1)).await.unwrap();
        assert_eq!(journal.map(|journal| journal.len() as u64), Some(expected));
        commit(&host, &mut draft).await;
    }
    host.deploy(deployed("orders", 1, 7), vec![7; 100]).await.unwrap();
    assert_eq!(reader.component(digest(7)).await, Ok(Some(vec![7; 100])));
    assert_eq!(reader.versions(None).await.unwrap().len(), 1);
    assert_eq!(reader.next_timer(Timestamp(0)).await, Ok(Some(Timestamp(100))));
    // The host goes, the reader stays; the next host comes.
    host.close().await.unwrap();
    assert_eq!(version(&reader, 1).await, Some(20));
    let host = SqliteStore::open(&path).await.expect("no lock is held");
    commit(&host, &mut draft).await;
    assert_eq!(version(&reader, 1).await, Some(21));
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let (_folder, path) = folder();
    let host = SqliteStore::open(&path).await.expect("the store opens");
    let mut draft = Draft::new(1);
    commit(&host, &mut draft).await;
    let ended = draft.become_(InstanceStatus::Failed);
    host.write(vec![ended]).await.unwrap();
    host.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();

    let reader = reader(&path).await;
    let refused = StoreError::ReadOnly {
        path: path.canonicalize().unwrap(),
    };
    assert_eq!(
        reader.write(vec![Draft::new(2).create()]).await,
        Err(refused.clone())
    );
    let deployment = reader.deploy(deployed("orders", 1, 7), vec![7]).await;
    assert_eq!(deployment, Err(refused.clone()));
    assert_eq!(reader.delete(instance_id(1)).await, Err(refused.clone()));
    assert_eq!(reader.purge(Timestamp(u64::MAX), 9).await, Err(refused.clone()));
    let text = format!(
        "`{}` was opened for reading only: ask the host that uses it, or open it for writing",
        path.canonicalize().unwrap().display()
    );
    assert_eq!(refused.to_string(), text);
    assert_eq!(version(&reader, 1).await, Some(2));
    reader.close().await.unwrap();
    assert_eq!(reader.summary(instance_id(1)).await, Err(StoreError::Closed));
    assert!(before == std::fs::read(&path).unwrap(), "the file was touched");
}

async fn check_refused(path: &Path, expected: Expect) {
    let error = SqliteStore::open_read_only(path)
        .await
        .expect_err("it is refused");
    let folder = path.parent().unwrap().canonicalize().unwrap();
    let text = error.to_string().replace(&*folder.to_string_lossy(), "<folder>");
    expected.assert_eq(&text);
}

#[tokio::test]
async fn what_a_reader_cannot_read_is_refused_untouched() {
    let (_folder, path) = folder();
    check_refused(
        &path,
        expect!["the store is not available: there is no file `<folder>/store.db`"],
    )
    .await;
    std::fs::write(&path, "").unwrap();
    check_refused(
        &path,
        expect![
            "`<folder>/store.db` is not a Hephaestus store: it is empty; move it away, or choose another path"
        ],
    )
    .await;
    std::fs::write(&path, "This is not a database.").unwrap();
    check_refused(&path, expect!["`<folder>/store.db` is not a Hephaestus store: it is not a SQLite database; move it away, or choose another path"]).await;
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/golden/format-1.db");
    std::fs::copy(golden, &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    check_refused(&path, expect!["the store has format 1, reading it takes format 3: open it once with a host, which brings it up to date"]).await;
    assert!(before == std::fs::read(&path).unwrap(), "the file was touched");
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.close().unwrap();
    check_refused(&path, expect!["the store has format 99, this version reads up to format 3: use the version that wrote it, or newer"]).await;
}

/// A host in a process of its own, that commits instance after instance.
struct OtherHost {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl OtherHost {
    fn start(path: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "--nocapture", "read_only::other_host"])
            .env(PATH, path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the other host starts");
        let output = child.stdout.take().expect("its output");
        let lines = BufReader::new(output).lines();
        Self { child, lines }
    }

    /// Waits until it has committed this instance.
    fn has_committed(&mut self, n: u64) {
        let expected = format!("committed {n}");
        let found = self.lines.by_ref().map(|line| line.expect("a line"));
        let mut found = found.skip_while(|line| *line != expected);
        assert!(found.next().is_some(), "the other host ended before {n}");
    }
}

impl Drop for OtherHost {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No test of its own: the process that `a_reader_works_beside_another_process` starts.
#[tokio::test]
async fn other_host() {
    let Some(path) = std::env::var_os(PATH) else {
        return;
    };
    let host = SqliteStore::open(path).await.expect("the store opens");
    for n in 1..=1_000_000 {
        let write = Draft::new(n).create();
        assert_eq!(host.write(vec![write]).await, Ok(vec![WriteAnswer::Committed]));
        println!("committed {n}");
    }
}

#[tokio::test]
async fn a_reader_works_beside_another_process() {
    let (_folder, path) = folder();
    let mut host = OtherHost::start(&path);
    host.has_committed(1);
    let first = reader(&path).await;
    for n in [5, 20, 50] {
        host.has_committed(n);
        assert_eq!(version(&first, n).await, Some(1), "the commit was announced");
    }
    // The process ends as in a crash. What it has committed is in its log only.
    drop(host);
    let after = reader(&path).await;
    for n in [1, 20, 50] {
        assert_eq!(version(&after, n).await, Some(1));
        assert_eq!(version(&first, n).await, Some(1));
    }
    let host = SqliteStore::open(&path).await.expect("the next host opens it");
    assert_eq!(version(&host, 50).await, Some(1));
}
