//! The format of the file: its tables, and how an older file becomes a newer one.
//!
//! The file says what it is in its header: `application_id` is ours, `user_version` counts the migrations applied.
//! A migration that was released is never edited; a new format is a new one at the end of the list.

use rusqlite::{Connection, TransactionBehavior};

/// "HEPH", in the header of each of our files.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"HEPH");

/// The newest format that this version reads and writes.
pub(super) const FORMAT: u32 = MIGRATIONS.len() as u32;

const MIGRATIONS: &[&str] = &[FORMAT_1, FORMAT_2, FORMAT_3];

/// Columns hold what is compared or looked up; the rest of an instance is in its summary, as JSON. Journal rows carry
/// no index besides their key: they are what is written most.
///
/// A list is a merge of index ranges, one for each status (`read::query`), so no status needs an index of its own.
const FORMAT_1: &str = "
    CREATE TABLE instances (
        id          BLOB PRIMARY KEY NOT NULL,
        version     INTEGER NOT NULL,
        workflow    TEXT NOT NULL,
        business_id TEXT NOT NULL,
        status      TEXT NOT NULL,
        unique_key  TEXT,
        request_id  TEXT,
        summary     TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX instances_by_unique_key ON instances (unique_key) WHERE unique_key IS NOT NULL;
    CREATE UNIQUE INDEX instances_by_request ON instances (request_id) WHERE request_id IS NOT NULL;
    CREATE INDEX instances_by_business_id ON instances (business_id, id);
    CREATE INDEX instances_by_status ON instances (status, id);
    CREATE INDEX instances_by_workflow ON instances (workflow, status, id);

    CREATE TABLE journal (
        instance BLOB NOT NULL REFERENCES instances (id),
        seq      INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        record   TEXT NOT NULL,
        PRIMARY KEY (instance, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE timers (
        instance BLOB NOT NULL REFERENCES instances (id),
        number   INTEGER NOT NULL,
        due      INTEGER NOT NULL,
        PRIMARY KEY (instance, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX timers_by_due ON timers (due, instance, number);

    CREATE TABLE components (
        digest BLOB PRIMARY KEY NOT NULL,
        bytes  BLOB NOT NULL
    ) STRICT;

    CREATE TABLE versions (
        workflow    TEXT NOT NULL,
        version     INTEGER NOT NULL,
        digest      BLOB NOT NULL REFERENCES components (digest),
        deployed_at INTEGER NOT NULL,
        PRIMARY KEY (workflow, version)
    ) STRICT, WITHOUT ROWID;
";

/// For what removes: instances by the time of their end, and who needs which version; and for names that were used very
/// often: the active instances of a business id. The indices are written when an instance is created or ends, not with
/// the commits between.
///
/// A component that nobody needs loses its bytes, while its version stays: so versions don't refer to components any
/// more. `stored_at` is when the bytes came, which may be later than the first deployment.
///
/// What can't be read in a damaged summary is read from the journal. Where that is damaged too, 0 stands for the version
/// (`remove` keeps the code of all versions then), and the instance never becomes old.
const FORMAT_2: &str = "
    ALTER TABLE instances ADD COLUMN workflow_version INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE instances ADD COLUMN ended_at INTEGER;
    UPDATE instances SET
        workflow_version = coalesce(
            CASE WHEN json_valid(summary) THEN CAST(summary ->> '$.workflow_version' AS INTEGER) END,
            (SELECT CAST(record ->> '$.created.version' AS INTEGER) FROM journal
             WHERE instance = id AND seq = 1 AND json_valid(record)),
            0),
        ended_at = CASE WHEN status IN ('completed', 'failed', 'cancelled') AND json_valid(summary)
            THEN CAST(summary ->> '$.ended_at' AS INTEGER) END;
    CREATE INDEX instances_by_version ON instances (workflow, workflow_version);
    CREATE INDEX active_by_business_id ON instances (business_id, id) WHERE ended_at IS NULL;
    CREATE INDEX instances_by_end ON instances (ended_at, id) WHERE ended_at IS NOT NULL;

    CREATE TABLE versions_2 (
        workflow    TEXT NOT NULL,
        version     INTEGER NOT NULL,
        digest      BLOB NOT NULL,
        deployed_at INTEGER NOT NULL,
        stored_at   INTEGER NOT NULL,
        PRIMARY KEY (workflow, version)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO versions_2 SELECT workflow, version, digest, deployed_at, deployed_at FROM versions;
    DROP TABLE versions;
    ALTER TABLE versions_2 RENAME TO versions;
    CREATE INDEX versions_by_digest ON versions (digest);
";

/// Nothing in the tables: journals may hold `attempt_began`, and losses that don't count, which older hosts can't read.
const FORMAT_3: &str = "";

/// The journal as a new file has it: entries in the order in which they come, and an index of their keys. In the order of
/// the keys, as format 1 has it, each entry of a commit goes to a page of its own, for each is of another instance; and
/// whole pages are what is written. To read a journal, a page is read for each entry in return.
///
/// All statements mean the same for both, so this is no format of its own: older hosts of this format use such a file, and
/// this one uses files that were made before as they are. To move their journals would take as long as they are large.
const NEW_JOURNAL: &str = "
    DROP TABLE journal;
    CREATE TABLE journal (
        instance BLOB NOT NULL REFERENCES instances (id),
        seq      INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        record   TEXT NOT NULL,
        PRIMARY KEY (instance, seq)
    ) STRICT;
";

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing yet.
    Empty,
    /// A store of this format, which this version can read.
    Store(u32),
    /// A store of a newer format.
    Newer(u32),
    /// Something else.
    Foreign(String),
}

/// Looks without changing anything.
pub(super) fn inspect(connection: &Connection) -> rusqlite::Result<Found> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application_id, format) = (pragma("application_id")?, pragma("user_version")?);
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match u32::try_from(format) {
        Ok(0) if application_id == 0 && tables == 0 => Found::Empty,
        Ok(format @ 1..) if application_id == APPLICATION_ID && format <= FORMAT => Found::Store(format),
        Ok(format) if application_id == APPLICATION_ID && format > FORMAT => Found::Newer(format),
        _ if application_id == APPLICATION_ID => Found::Foreign(format!(
            "its header says that it is one, but of the impossible format {format}"
        )),
        _ => Found::Foreign(format!(
            "it is a SQLite database of another program (application id {application_id:#x}, {tables} tables \
             and indices)"
        )),
    })
}

/// Applies what is missing, all of it or nothing.
pub(super) fn migrate(connection: &mut Connection, from: u32) -> rusqlite::Result<()> {
    let missing = MIGRATIONS.get(from as usize..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    if from > 0 {
        tracing::info!(from, to = FORMAT, "bringing the database to the newest format");
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    if from == 0 {
        transaction.execute_batch(NEW_JOURNAL)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

#[cfg(test)]
mod tests;
