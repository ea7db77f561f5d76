//! What people read when the database fails.

use std::path::Path;

use expect_test::{Expect, expect};
use rusqlite::ffi;

use super::Failure;

#[track_caller]
fn check(failure: impl Fn(rusqlite::Error) -> Failure, code: std::ffi::c_int, expected: Expect) {
    let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    expected.assert_eq(&failure(error).at(Path::new("store.db")).to_string());
}

#[test]
fn before_the_commit_nothing_is_changed() {
    check(
        Failure::Sqlite,
        ffi::SQLITE_FULL,
        expect![
            "the store is not available: `store.db`: Error code 13: database or disk is full; make room on that disk"
        ],
    );
    check(
        Failure::Sqlite,
        ffi::SQLITE_BUSY,
        expect![
            "the store is not available: `store.db`: Error code 5: database is locked; another program holds the file (a backup, or the `sqlite3` shell?), end its transaction"
        ],
    );
    check(
        Failure::Sqlite,
        ffi::SQLITE_READONLY,
        expect![
            "the store is not available: `store.db`: Error code 8: attempt to write a readonly database; the host must be allowed to write to the file and to its folder"
        ],
    );
    check(
        Failure::Sqlite,
        ffi::SQLITE_CANTOPEN,
        expect![
            "the store is not available: `store.db`: Error code 14: unable to open database file; the host must be allowed to write to the file and to its folder"
        ],
    );
    check(
        Failure::Sqlite,
        ffi::SQLITE_IOERR_WRITE,
        expect![
            "the store is not available: `store.db`: Error code 778: disk I/O error; is the disk full, or failing? the system's log may say more"
        ],
    );
}

#[test]
fn after_it_nobody_knows() {
    check(
        Failure::Commit,
        ffi::SQLITE_IOERR_FSYNC,
        expect![
            "the store can't tell whether a write survived: the commit to `store.db` failed: Error code 1034: disk I/O error; is the disk full, or failing? the system's log may say more"
        ],
    );
    check(
        Failure::Commit,
        ffi::SQLITE_FULL,
        expect![
            "the store can't tell whether a write survived: the commit to `store.db` failed: Error code 13: database or disk is full; make room on that disk"
        ],
    );
}

#[test]
fn damage_needs_a_backup() {
    check(
        Failure::Sqlite,
        ffi::SQLITE_CORRUPT,
        expect![
            "the store is damaged: `store.db`: Error code 11: database disk image is malformed; restore it from a backup (`sqlite3 store.db .recover` may save the rest)"
        ],
    );
    check(
        Failure::Sqlite,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        expect![
            "the store is damaged: `store.db`: Error code 787: constraint failed; restore it from a backup (`sqlite3 store.db .recover` may save the rest)"
        ],
    );
}

#[test]
fn what_is_too_big_stays_too_big() {
    check(
        Failure::Sqlite,
        ffi::SQLITE_TOOBIG,
        expect![
            "the store can't take a write, now or later: a value is larger than SQLite can keep: Error code 18: string or blob too big"
        ],
    );
}
