//! A write-ahead log that lies beside a database and isn't its own.
//!
//! SQLite finds a log by its name: it applies one to whatever database has the name before it, and removes one whose
//! database is missing. So a backup that is put in the place of a store whose host was killed would be destroyed by the
//! log of the old one, and a database that was moved away would lose what is only in its log. Neither is let happen.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::lock::beside;
use crate::store::StoreError;

/// The byte of a database that says who may read it, and what it is where there is no write-ahead log. Copies that SQLite
/// makes, our backups among them, have this; a store has 2 before anything is written to its log.
const READ_VERSION_AT: usize = 19;
const WITHOUT_LOG: u8 = 1;

/// Refuses a log that isn't that of `database`, as far as can be told. Touches nothing.
pub(super) fn check(database: &Path) -> Result<(), StoreError> {
    let log = beside(database, "-wal");
    if !log.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let found = match read_version(database) {
        Ok(Some(WITHOUT_LOG)) => "the database is a copy that has none",
        Ok(None) => "the database is empty",
        Err(error) if error.kind() == ErrorKind::NotFound => "there is no database",
        // Its own, or not for us to judge: whoever opens it will say what it is.
        Ok(Some(_)) | Err(_) => return Ok(()),
    };
    Err(StoreError::StrayLog {
        database: database.to_owned(),
        log,
        found,
    })
}

/// `None`: there is nothing in the file.
fn read_version(database: &Path) -> std::io::Result<Option<u8>> {
    let mut header = [0; READ_VERSION_AT + 1];
    match File::open(database)?.read_exact(&mut header) {
        Ok(()) => Ok(Some(header[READ_VERSION_AT])),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
