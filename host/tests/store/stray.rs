//! Logs that lie beside a database and aren't its own, and databases with two names: what one mistake of an operator must
//! not destroy.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use hephaestus_host::store::sqlite::{SqliteStore, admin};
use hephaestus_host::store::{Query, Store, StoreError, WriteAnswer};
use tempfile::TempDir;

use crate::support::{Draft, instance_id};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

async fn create(store: &SqliteStore, number: u64) {
    let created = store.write(vec![Draft::new(number).create()]).await;
    assert_eq!(created, Ok(vec![WriteAnswer::Committed]));
}

/// What a host leaves that is killed: the file, and a log with what was committed last.
async fn killed(path: &Path, number: u64) {
    let living = path.with_extension("living");
    let store = SqliteStore::open(&living).await.expect("a store");
    create(&store, number).await;
    for suffix in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{suffix}", living.display()));
        let to = PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(from, to).expect("a copy");
    }
    assert!(beside(path, "-wal").metadata().expect("a log").len() > 0);
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

async fn instances(path: &Path) -> Vec<hephaestus_core::InstanceId> {
    let store = SqliteStore::open(path).await.expect("a store");
    let all = Query {
        limit: usize::MAX,
        ..Query::default()
    };
    store.query(all).await.expect("its instances").instances()
}

#[tokio::test]
async fn a_copy_is_not_opened_with_the_log_of_another_store() {
    let folder = folder();
    let path = folder.path().join("store.db");
    killed(&path, 1).await;
    let copy = folder.path().join("copy.db");
    let other = SqliteStore::open(folder.path().join("other.db"))
        .await
        .expect("a store");
    create(&other, 2).await;
    admin::backup(folder.path().join("other.db"), &copy)
        .await
        .expect("a copy");
    fs::copy(&copy, &path).expect("the copy in the place of the store");
    let log = fs::read(beside(&path, "-wal")).expect("the log");

    for error in [
        SqliteStore::open(&path).await.expect_err("it is refused"),
        SqliteStore::open_read_only(&path)
            .await
            .expect_err("it is refused"),
    ] {
        assert!(matches!(error, StoreError::StrayLog { .. }), "{error}");
        expect![[r#"`<folder>/store.db-wal` is not the log of `<folder>/store.db`: the database is a copy that has none; if the log is needed, put back the database that it belongs to; if not (a backup was put in its place), move it away"#]]
            .assert_eq(&error.to_string().replace(&*folder.path().canonicalize().unwrap().to_string_lossy(), "<folder>"));
    }
    assert!(
        log == fs::read(beside(&path, "-wal")).expect("the log"),
        "it was touched"
    );

    fs::remove_file(beside(&path, "-wal")).expect("moved away");
    assert_eq!(instances(&path).await, [instance_id(2)]);
}

#[tokio::test]
async fn a_log_whose_database_is_missing_is_kept() {
    let folder = folder();
    let path = folder.path().join("store.db");
    killed(&path, 1).await;
    let moved = folder.path().join("moved.db");
    fs::rename(&path, &moved).expect("moved away");
    let error = SqliteStore::open(&path).await.expect_err("it is refused");
    assert!(
        matches!(
            error,
            StoreError::StrayLog {
                found: "there is no database",
                ..
            }
        ),
        "{error}"
    );
    fs::write(&path, b"").expect("an empty file");
    let error = SqliteStore::open(&path).await.expect_err("it is refused");
    assert!(
        matches!(
            error,
            StoreError::StrayLog {
                found: "the database is empty",
                ..
            }
        ),
        "{error}"
    );
    fs::rename(&moved, &path).expect("put back");
    assert_eq!(instances(&path).await, [instance_id(1)]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_a_database_that_is_not_there_yet_is_another_name_for_it() {
    let folder = folder();
    let names = ["link.db", "between.db", "real.db"].map(|name| folder.path().join(name));
    std::os::unix::fs::symlink("between.db", &names[0]).unwrap();
    std::os::unix::fs::symlink(&names[2], &names[1]).unwrap();
    let _store = SqliteStore::open(&names[0]).await.expect("a store");
    for name in &names {
        let error = SqliteStore::open(name).await.expect_err("it is in use");
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    }
    let round = folder.path().join("round.db");
    std::os::unix::fs::symlink("round.db", &round).unwrap();
    let error = SqliteStore::open(&round).await.expect_err("it leads nowhere");
    assert!(error.to_string().contains("leads to no file"), "{error}");
}
