//! The log, alone. What it is for is tested where the power fails: `tests/vfs`.

use rusqlite::Connection;

use super::{Extent, extent, make_durable, move_into_database, overwrite_failed_commit, rewrite};

fn songs(folder: &tempfile::TempDir) -> Connection {
    let connection = Connection::open(folder.path().join("songs.db")).expect("a database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('la la la');",
        )
        .expect("a table");
    connection
}

#[test]
fn a_log_that_is_written_again_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    for length in [0, 1, super::CHUNK_BYTES, 2 * super::CHUNK_BYTES + 7] {
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &bytes).expect("a file");
        rewrite(&path).expect("it is written again");
        assert!(std::fs::read(&path).expect("a file") == bytes, "{length} bytes");
    }
    rewrite(&folder.path().join("none")).expect("no log, nothing to do");
}

/// `tests/vfs` sees that the log is written again, but takes it on trust that it is synced: that is shown here, by a file that
/// takes bytes and can't be synced (a thread's name).
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_is_written_again_is_synced() {
    let path = std::path::Path::new("/proc/thread-self/comm");
    let error = rewrite(path).expect_err("such a file can't be synced");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
}

#[test]
fn the_extent_is_looked_at_without_moving_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = songs(&folder);
    let before = extent(&connection).expect("an extent");
    assert!(before.pages > 0 && before.moved == 0, "{before:?}");
    assert_eq!(extent(&connection), Ok(before));
    let Extent { pages, .. } = before;
    assert_eq!(
        move_into_database(&connection),
        Ok(Extent { pages, moved: pages })
    );
}

#[test]
fn making_durable_needs_the_right_to_write_and_gives_it_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = songs(&folder);
    make_durable(&connection, &folder.path().join("songs.db")).expect("it is durable");
    assert!(connection.is_autocommit());
    let other = Connection::open(folder.path().join("songs.db")).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is free");
    assert!(make_durable(&connection, &folder.path().join("songs.db")).is_err());
}

#[test]
fn a_commit_that_changes_nothing_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = songs(&folder);
    let before = extent(&connection).expect("an extent");
    overwrite_failed_commit(&connection).expect("a commit");
    let after = extent(&connection).expect("an extent");
    assert_eq!(after.pages, before.pages + 1);
    let other = Connection::open(folder.path().join("songs.db")).expect("a database");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is free");
    assert!(overwrite_failed_commit(&connection).is_err());
    assert!(connection.is_autocommit(), "no transaction is left behind");
}
