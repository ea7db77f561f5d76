//! What no test from outside would notice while the machine doesn't lose its power.

use super::open;
use crate::store::sqlite::SqliteOptions;

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
