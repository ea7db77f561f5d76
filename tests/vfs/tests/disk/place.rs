//! A store on a watched disk.

use std::path::PathBuf;

use hephaestus_host::store::StoreError;
use hephaestus_host::store::sqlite::{SqliteOptions, SqliteStore, Synchronous};
use hephaestus_vfs::{Disk, VFS, Watched};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::settings::folder;

/// The database's name in its folder.
pub(crate) const DATABASE: &str = "store.db";

/// Pages in the log before they are moved into the database: few, so that this happens often.
pub(crate) const CHECKPOINT_PAGES: u32 = 24;

/// A folder with a database.
pub(crate) struct Place {
    pub(crate) disk: Watched,
    folder: TempDir,
    pub(crate) options: SqliteOptions,
}

impl Place {
    pub(crate) fn new(synchronous: Synchronous, checkpoint_pages: u32) -> Self {
        let folder = folder();
        let disk = Disk::watch(folder.path()).expect("the folder is watched");
        let mut options = SqliteOptions::default();
        options.synchronous = synchronous;
        options.checkpoint_pages = checkpoint_pages;
        options.vfs = Some(VFS.to_owned());
        Self {
            disk,
            folder,
            options,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(DATABASE)
    }

    pub(crate) async fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_with(self.path(), self.options.clone()).await
    }

    /// Somebody else who reads: while they do, the log can be moved into the database in part only. `None`: they can't,
    /// the disk fails.
    pub(crate) fn reader(&self) -> Option<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags_and_vfs(self.path(), flags, VFS).ok()?;
        connection.execute_batch("BEGIN").ok()?;
        let count = "SELECT count(*) FROM journal";
        let count: Result<u32, _> = connection.query_row(count, [], |row| row.get(0));
        count.ok()?;
        Some(connection)
    }
}
