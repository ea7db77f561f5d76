//! SQLite's write-ahead log: how long it is, when it is moved into the database, and what a sync that failed leaves behind.
//!
//! When a sync fails, Linux counts what was to be written as clean: reading shows it, the disk may not have it, and a later
//! sync that works doesn't write it. SQLite doesn't reckon with that in two places, so we do:
//!
//! - A log that is found when the file is opened was read from the system's cache. [`make_durable`] writes it again, so that
//!   nothing is built upon what the disk doesn't have.
//! - Pages that were moved while somebody read an older state count as moved, though they weren't synced. If the sync of a
//!   later move fails, they are never moved again. See [`keeper`](super::keeper).

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rusqlite::Connection;

use super::failure::Failure;
use super::lock::beside;

/// How much is written again at once.
const CHUNK_BYTES: usize = 1 << 20;

/// How far the log goes, in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// Pages in the log.
    pub(super) pages: u32,
    /// Of those, from the first on: counted as moved into the database.
    pub(super) moved: u32,
}

/// Looks without changing anything.
pub(super) fn extent(connection: &Connection) -> rusqlite::Result<Extent> {
    checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")
}

/// Moves into the database what nobody reads any more.
pub(super) fn move_into_database(connection: &Connection) -> rusqlite::Result<Extent> {
    checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")
}

fn checkpoint(connection: &Connection, sql: &str) -> rusqlite::Result<Extent> {
    connection.prepare_cached(sql)?.query_row([], |row| {
        let pages = |index| {
            row.get::<_, i64>(index)
                .map(|pages| u32::try_from(pages).unwrap_or(0))
        };
        Ok(Extent {
            pages: pages(1)?,
            moved: pages(2)?,
        })
    })
}

/// A commit that changes nothing. It takes the place in the log where one that failed had begun, whose pages then count
/// for nothing, whatever of them is on the disk.
pub(super) fn overwrite_failed_commit(connection: &Connection) -> rusqlite::Result<()> {
    let format: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let committed = connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; PRAGMA user_version = {format}; COMMIT"
    ));
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    committed
}

/// Writes the log again, as it is, and syncs it. Nobody else writes to it meanwhile.
pub(super) fn make_durable(connection: &Connection, database: &Path) -> Result<(), Failure> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let path = beside(database, "-wal");
    let written = rewrite(&path);
    connection.execute_batch("ROLLBACK")?;
    written.map_err(|error| Failure::Unsynced(path, error))
}

fn rewrite(path: &Path) -> std::io::Result<()> {
    let mut log = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut at = 0;
    loop {
        log.seek(SeekFrom::Start(at))?;
        let length = read_fully(&mut log, &mut chunk)?;
        if length == 0 {
            break;
        }
        log.seek(SeekFrom::Start(at))?;
        log.write_all(&chunk[..length])?;
        at += length as u64;
    }
    if at > 0 { log.sync_all() } else { Ok(()) }
}

/// As much as there is, up to the length of `chunk`.
fn read_fully(file: &mut File, chunk: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < chunk.len() {
        match file.read(&mut chunk[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests;
