//! A file whose last transaction was cut off before it used a write-ahead log: SQLite kept a rollback journal beside it,
//! and undoes the transaction when the file is next opened for writing.
//!
//! Ours has one only while it is being created: what is left when it is undone is an empty file. Everything else is somebody
//! else's to undo.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::lock::beside;

/// The first bytes of a rollback journal.
const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// Where the journal says how many pages the database had before.
const PAGES_BEFORE: std::ops::Range<usize> = 16..20;

/// Whether the error says that a transaction must be undone before the file can be read.
pub(super) fn is_reported_by(error: &rusqlite::Error) -> bool {
    error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
}

/// Whether it was the one that began the file.
pub(super) fn is_creation(database: &Path) -> std::io::Result<bool> {
    let mut header = Vec::new();
    File::open(beside(database, "-journal"))?
        .take(PAGES_BEFORE.end as u64)
        .read_to_end(&mut header)?;
    let is_journal = header.starts_with(&MAGIC);
    Ok(is_journal && header.get(PAGES_BEFORE).is_some_and(|pages| pages == [0; 4]))
}
