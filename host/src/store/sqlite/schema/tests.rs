//! Which layout a file has, and that a journal is found by its key in both.

use rusqlite::Connection;

use super::{FORMAT, FORMAT_1, migrate};

/// How the rows of one journal are found.
fn way(connection: &Connection) -> String {
    let sql = "EXPLAIN QUERY PLAN SELECT record FROM journal WHERE instance = ?1 ORDER BY seq";
    let way = connection.query_row(sql, [[0_u8; 16]], |row| row.get(3));
    way.expect("a plan")
}

#[test]
fn a_new_file_keeps_entries_in_the_order_in_which_they_come() {
    let mut connection = Connection::open_in_memory().expect("a database");
    migrate(&mut connection, 0).expect("the schema");
    let expected = "SEARCH journal USING INDEX sqlite_autoindex_journal_1 (instance=?)";
    assert_eq!(way(&connection), expected);
}

#[test]
fn a_file_that_was_made_before_keeps_its_journals_as_they_are() {
    let mut connection = Connection::open_in_memory().expect("a database");
    let made = "INSERT INTO instances VALUES (x'00', 1, '', '', 'running', NULL, NULL, '{}');
        INSERT INTO journal VALUES (x'00', 1, 5, '{}');";
    let first = format!("{FORMAT_1}{made}");
    connection.execute_batch(&first).expect("a file of format 1");
    migrate(&mut connection, 1).expect("the schema");
    migrate(&mut connection, FORMAT).expect("nothing to do");
    assert_eq!(way(&connection), "SEARCH journal USING PRIMARY KEY (instance=?)");
    let at = connection.query_row("SELECT at FROM journal WHERE seq = 1", [], |row| row.get(0));
    assert_eq!(at, Ok(5));
}
