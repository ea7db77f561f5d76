//! Gives back room that isn't used.

use std::path::Path;

use hephaestus_core::Timestamp;

use crate::store::StoreError;
use crate::store::sqlite::SqliteOptions;
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::lock::beside;
use crate::store::sqlite::{open, remove};

/// What a vacuum came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vacuumed {
    /// How large the store was, its log included.
    pub bytes_before: u64,
    /// How large it is. Somebody who reads it meanwhile keeps it from becoming smaller.
    pub bytes_after: u64,
    /// How many components were removed that nothing needs.
    pub components: usize,
}

pub(super) fn run(path: &Path) -> Result<Vacuumed, StoreError> {
    let options = SqliteOptions::default();
    // A host makes a store where there is none; this doesn't.
    let (path, _) = open::existing(path, &options)?;
    let bytes_before = size(&path);
    let opened = open::open(&path, &options)?;
    let mut connection = opened.connection;
    let mut work = || -> Result<usize, Failure> {
        let mut components = 0;
        loop {
            // The end of time: whatever nothing needs now, however young.
            let (removed, is_more) = remove::purge_components(&mut connection, Timestamp(u64::MAX))?;
            components += removed;
            if !is_more {
                break;
            }
        }
        // Not in memory, where the other temporary tables are: the file may be larger.
        connection.execute_batch("PRAGMA temp_store = FILE; VACUUM")?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(components)
    };
    let components = work().map_err(|failure| failure.at(&path))?;
    connection
        .close()
        .map_err(|(_, error)| Failure::Sqlite(error).at(&path))?;
    drop(opened.lock);
    Ok(Vacuumed {
        bytes_before,
        bytes_after: size(&path),
        components,
    })
}

fn size(path: &Path) -> u64 {
    let sizes = [path.to_owned(), beside(path, "-wal")];
    let sizes = sizes
        .iter()
        .map(|path| path.metadata().map_or(0, |file| file.len()));
    sizes.sum()
}
