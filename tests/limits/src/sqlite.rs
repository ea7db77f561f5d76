//! SQLite alone: the journal rows of a store, inserted again, a thousand to a transaction.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, params};

/// What a store does by default, as far as it bears on inserting rows.
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -32768;
    PRAGMA wal_autocheckpoint = 8192;
    PRAGMA journal_size_limit = 67108864;
";

/// The table as it is in a new store, without the others and without a reference to them.
const TABLE: &str = "
    CREATE TABLE journal (
        instance BLOB NOT NULL,
        seq      INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        record   TEXT NOT NULL,
        PRIMARY KEY (instance, seq)
    ) STRICT;
";

const ROWS_PER_TRANSACTION: usize = 1_000;

/// One row of a journal.
pub struct Row {
    instance: Instance,
    seq: i64,
    at: i64,
    record: String,
}

/// The id of an instance, as it is stored.
pub type Instance = [u8; 16];

/// The rows of the instances after `after`, in the order in which instances that run side by side write them: all
/// first entries, all second ones, and so on. Also the last of these instances.
pub fn rows(store: &Path, after: Option<Instance>) -> Result<(Vec<Row>, Option<Instance>)> {
    let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("failed to read {}", store.display()))?;
    let after = after.map_or(vec![], |instance| instance.to_vec());
    let mut select = connection.prepare(
        "SELECT instance, seq, at, record FROM journal WHERE instance > ?1 ORDER BY seq, instance",
    )?;
    let rows = select.query_map([&after], |row| {
        Ok(Row {
            instance: row.get(0)?,
            seq: row.get(1)?,
            at: row.get(2)?,
            record: row.get(3)?,
        })
    })?;
    let rows: Vec<Row> = rows.collect::<rusqlite::Result<_>>()?;
    let last = connection.query_row("SELECT max(instance) FROM journal", [], |row| row.get(0))?;
    Ok((rows, last))
}

/// A database with nothing but a journal.
pub struct Journal(Connection);

impl Journal {
    /// Makes the file.
    pub fn create(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(PRAGMAS)?;
        connection.execute_batch(TABLE)?;
        Ok(Self(connection))
    }

    /// Inserts rows; says how long that took.
    pub fn insert(&mut self, rows: &[Row]) -> Result<Duration> {
        let began = Instant::now();
        for some in rows.chunks(ROWS_PER_TRANSACTION) {
            let transaction = self.0.transaction()?;
            let mut insert = transaction
                .prepare_cached("INSERT INTO journal (instance, seq, at, record) VALUES (?1, ?2, ?3, ?4)")?;
            for row in some {
                insert.execute(params![row.instance, row.seq, row.at, row.record])?;
            }
            drop(insert);
            transaction.commit()?;
        }
        Ok(began.elapsed())
    }
}
