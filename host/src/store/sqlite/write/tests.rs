//! A full disk, as SQLite sees it: no more pages.

use hephaestus_core::{Digest, Timestamp, WorkflowVersion};
use rusqlite::{Connection, ErrorCode};

use super::{Failure, deploy};
use crate::store::sqlite::{read, schema};
use crate::store::{DeployAnswer, DeployedVersion};

#[test]
fn what_does_not_fit_changes_nothing_and_fits_later() {
    let mut connection = Connection::open_in_memory().expect("a database");
    schema::migrate(&mut connection, 0).expect("the schema");
    let version = DeployedVersion {
        workflow: "orders".parse().expect("a name"),
        version: WorkflowVersion(1),
        digest: Digest([1; 32]),
        deployed_at: Timestamp(1),
    };
    let component = vec![0; 1 << 20];
    let limit_pages = |connection: &Connection, pages: u32| {
        let set = connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get(0));
        assert_eq!(set, Ok(pages));
    };
    limit_pages(&connection, 64);
    match deploy(&mut connection, &version, &component) {
        Err(Failure::Sqlite(error)) => {
            assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        read::versions(&mut connection, None)
            .expect("reading works")
            .is_empty()
    );
    limit_pages(&connection, 100_000);
    let answer = deploy(&mut connection, &version, &component).expect("it fits now");
    assert_eq!(answer, DeployAnswer::Deployed);
}
