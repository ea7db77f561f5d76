//! What no test from outside would notice while the machine doesn't lose its power.

use super::open;
use crate::store::sqlite::{SqliteOptions, Synchronous};

#[test]
fn the_option_is_the_pragma() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    for (synchronous, expected) in [
        (Synchronous::Full, 2),
        (Synchronous::Normal, 1),
        (Synchronous::Off, 0),
    ] {
        let options = SqliteOptions {
            synchronous,
            ..SqliteOptions::default()
        };
        let opened = open(&path, &options).expect("a store");
        let found: i64 = opened
            .connection
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .expect("a setting");
        assert_eq!(found, expected, "{synchronous:?}");
    }
}

#[test]
fn a_commit_reaches_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    for _ in ["created", "opened again"] {
        let opened = open(&path, &SqliteOptions::default()).expect("a store");
        let is = |name: &str| -> i64 {
            let connection = &opened.connection;
            connection
                .pragma_query_value(None, name, |row| row.get(0))
                .expect("a setting")
        };
        assert_eq!(is("synchronous"), 2, "FULL");
        assert_eq!((is("fullfsync"), is("checkpoint_fullfsync")), (1, 1));
    }
}
