//! Keeps the connection that writes, and the log behind it short.
//!
//! The log is moved into the database here and not by SQLite itself, which tells nobody when that fails. Invariants:
//!
//! - After a move that failed, nothing more is moved by the same connections: all are closed, which moves nothing, and opened
//!   again. SQLite then reads the log from its beginning, and forgets which pages it counted as moved.
//! - Before that, a commit must have worked, so that the log ends with what is durable and everybody has seen.
//! - While that isn't possible, commits go on: the log holds everything, and grows.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::failure::Failure;
use super::log::{self, Extent};
use super::open;
use super::options::SqliteOptions;
use super::readers::Readers;

/// See the head of this module.
#[derive(Debug)]
pub(super) struct Keeper {
    /// `None`: it was closed, and couldn't be opened again yet.
    connection: Option<Connection>,
    path: PathBuf,
    options: SqliteOptions,
    readers: Arc<Readers>,
    /// A move failed since the connection was opened.
    is_in_doubt: bool,
    /// After a failure: how long the log is when it is tried again.
    again_at_pages: Option<u32>,
}

impl Keeper {
    pub(super) fn new(
        connection: Connection,
        path: PathBuf,
        options: SqliteOptions,
        readers: Arc<Readers>,
    ) -> Self {
        Self {
            connection: Some(connection),
            path,
            options,
            readers,
            is_in_doubt: false,
            again_at_pages: None,
        }
    }

    /// The connection, which is opened again if need be.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Failure> {
        if self.connection.is_none() {
            self.reopen()?;
        }
        // Opened above: only a panic in between would leave none.
        self.connection.as_mut().ok_or(Failure::Closed)
    }

    /// To be called after each job, when its caller has the answer.
    pub(super) fn tend(&mut self) {
        let Some(connection) = &self.connection else {
            return;
        };
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a failed transaction can't be rolled back");
        }
        let Ok(extent) = log::extent(connection) else {
            return;
        };
        let limit = self.options.checkpoint_pages.max(1);
        if extent.moved >= extent.pages || extent.pages < self.again_at_pages.unwrap_or(limit) {
            return;
        }
        match self.shorten() {
            Ok(()) => {
                if self.again_at_pages.take().is_some() {
                    tracing::info!("the write-ahead log is moved into the database again");
                }
            }
            Err(failure) => self.failed(extent, failure),
        }
    }

    fn shorten(&mut self) -> Result<(), Failure> {
        if self.is_in_doubt {
            self.begin_afresh()?;
        }
        let connection = self.connection()?;
        log::move_into_database(connection)?;
        Ok(())
    }

    /// Nothing is lost: what isn't moved is in the log.
    fn failed(&mut self, extent: Extent, failure: Failure) {
        self.is_in_doubt = true;
        if let Some(connection) = &self.connection {
            keep_log_on_close(connection, true);
        }
        if self.again_at_pages.is_none() {
            let error = failure.at(&self.path);
            tracing::warn!(%error, pages = extent.pages, "the write-ahead log can't be moved into the database: it grows until it can");
        }
        let pause = (self.options.checkpoint_pages / 4).max(1);
        self.again_at_pages = Some(extent.pages.saturating_add(pause));
    }

    /// Closes all connections and opens one, on a log that holds nothing in doubt.
    fn begin_afresh(&mut self) -> Result<(), Failure> {
        log::overwrite_failed_commit(self.connection()?)?;
        let readers = Arc::clone(&self.readers);
        let _shut = readers.shut();
        if let Some(connection) = self.connection.take()
            && let Err((connection, error)) = connection.close()
        {
            self.connection = Some(connection);
            return Err(error.into());
        }
        self.reopen()?;
        let connection = self.connection()?;
        if log::extent(connection)?.moved > 0 {
            // Somebody keeps what was counted.
            keep_log_on_close(connection, true);
            let reason =
                "another program reads it, and the host can't begin with its log afresh before that ended";
            return Err(Failure::Held(reason));
        }
        self.is_in_doubt = false;
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), Failure> {
        let connection = open::again(&self.path, &self.options)?;
        if self.is_in_doubt {
            keep_log_on_close(&connection, true);
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Closes the file.
    pub(super) fn close(mut self) {
        // Before ours, so that ours is the last one.
        drop(self.readers.shut());
        if let Some(connection) = self.connection.take()
            && let Err((_, error)) = connection.close()
        {
            tracing::warn!(%error, "closing the database failed; nothing that was committed is lost");
        }
    }
}

/// Whether the last connection leaves the log for the next one to move.
fn keep_log_on_close(connection: &Connection, keep: bool) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep) {
        tracing::error!(%error, "SQLite doesn't take a setting");
    }
}
