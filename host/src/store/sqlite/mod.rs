//! The SQLite backend: one file, one host at a time.
//!
//! Only this module names rusqlite. Its parts: `open` and `unfinished` (whose file is it, and may we), `lock` (one host at
//! a time), `schema` (the format and its versions), `writer` (the thread that writes), `keeper` (the only connection that
//! does, and how it begins afresh), `log` (what SQLite writes to first), `batch`, `write` and `remove` (what is done),
//! `readers` (a small pool), `read`, `deployed` (what needn't be read again), [`admin`] (for operators), and `failure`
//! (what the messages say).
//!
//! Invariants:
//!
//! - An answer is given after `COMMIT` with `synchronous=FULL` in WAL mode: it survives the end of the machine, unless
//!   [`Synchronous`] asks for less.
//! - There is one writer, so what is checked in a transaction holds until its commit.
//! - A file that isn't ours, or is newer than this version, is not written to; nor is one that lost its name,
//!   its log or its lock.
//! - The file is unlocked after its last connection for writing was closed, and by the system if the host is killed.

pub mod admin;
mod batch;
mod deployed;
mod failure;
mod keeper;
mod lock;
mod log;
mod open;
mod options;
mod read;
mod readers;
mod remove;
mod schema;
mod stray;
mod unfinished;
mod write;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{JournalEntry, Summary};
use hephaestus_core::{Digest, InstanceId, Timestamp, WorkflowName};

use self::deployed::Deployed;
use self::failure::Failure;
use self::keeper::Keeper;
use self::open::Files;
pub use self::options::{SqliteOptions, Synchronous};
use self::readers::Readers;
use self::writer::Writer;
use super::{
    DeleteAnswer, DeployAnswer, DeployedVersion, DueTimer, Page, Prepared, Purged, Query, Store, StoreError,
    Write, WriteAnswer,
};

/// Keeps everything in one SQLite file.
///
/// Beside `<file>` there are `<file>.lock` (says which process uses it; stays when it is closed) and, while it is
/// open, SQLite's own `<file>-wal` and `<file>-shm`. To copy a store that is in use, copy all of them, or use
/// SQLite's backup.
///
/// Dropping the last handle waits for the writes that were begun and closes the file, as [`close`](Store::close)
/// does without blocking the thread.
#[derive(Debug)]
pub struct SqliteStore {
    path: Arc<PathBuf>,
    readers: Arc<Readers>,
    /// `None`: opened for reading only.
    writing: Option<Writing>,
}

#[derive(Debug)]
struct Writing {
    files: Arc<Files>,
    writer: Writer,
    deployed: Arc<Deployed>,
}

impl SqliteStore {
    /// Opens the file, creates it if it isn't there, and brings an older one up to date.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::open_with(path, SqliteOptions::default()).await
    }

    /// [`Self::open`], with options.
    pub async fn open_with(path: impl Into<PathBuf>, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.into();
        blocking(move || Self::open_blocking(path, options)).await
    }

    /// Opens the file for reading, also while a host uses it: what that commits is seen at once. Nothing is locked, and
    /// nothing is written to the file; what would write answers [`StoreError::ReadOnly`]. The folder must be writable all
    /// the same if no host has the file open: SQLite puts its `-shm` and `-wal` there, and leaves them to the next host.
    ///
    /// A file of an older format is refused: a host brings it up to date.
    pub async fn open_read_only(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let options = SqliteOptions::default();
        blocking(move || {
            let path = open::readable(&path, &options)?;
            Ok(Self {
                readers: Arc::new(Readers::new(path.clone(), options)),
                path: Arc::new(path),
                writing: None,
            })
        })
        .await
    }

    fn open_blocking(path: PathBuf, options: SqliteOptions) -> Result<Self, StoreError> {
        let opened = open::open(&path, &options)?;
        let readers = Arc::new(Readers::new(opened.path.clone(), options.clone()));
        let path = opened.path.clone();
        let keeper = Keeper::new(opened.connection, path, options, Arc::clone(&readers));
        let writer = Writer::spawn(keeper, opened.lock).map_err(|error| StoreError::Unavailable {
            reason: format!("the thread that writes can't be started: {error}"),
        })?;
        Ok(Self {
            readers,
            path: Arc::new(opened.path),
            writing: Some(Writing {
                files: Arc::new(opened.files),
                writer,
                deployed: Arc::default(),
            }),
        })
    }

    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut rusqlite::Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers
            .run(job)
            .await
            .map_err(|failure| failure.at(&self.path))
    }

    async fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut rusqlite::Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(Writing { files, writer, .. }) = &self.writing else {
            return Err(Failure::ReadOnly.at(&self.path));
        };
        let files = Arc::clone(files);
        let job = move |connection: &mut rusqlite::Connection| match files.lost() {
            None => {
                let result = job(connection);
                if let Err(Failure::Commit(_)) = &result {
                    // If that works, what the caller finds now is what it will find for ever.
                    let _ = log::overwrite_failed_commit(connection);
                }
                result
            }
            Some(lost) => Err(Failure::Gone(lost.to_owned())),
        };
        writer.run(job).await.map_err(|failure| failure.at(&self.path))
    }
}

/// Runs `job` on a thread that may block.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(job).await.unwrap_or_else(|error| {
        let reason = format!("opening it was interrupted: {error}");
        Err(StoreError::Unavailable { reason })
    })
}

#[async_trait]
impl Store for SqliteStore {
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<WriteAnswer>, StoreError> {
        let writes = writes.into_iter().map(|write| Arc::new(write).into());
        self.write_prepared(writes.collect()).await
    }

    fn prepare(&self, write: Arc<Write>) -> Result<Prepared, StoreError> {
        Prepared::with_texts(write)
    }

    async fn write_prepared(&self, writes: Vec<Prepared>) -> Result<Vec<WriteAnswer>, StoreError> {
        writes.iter().try_for_each(|write| write.write().check())?;
        let writes: Result<Vec<_>, _> = writes.into_iter().map(Prepared::into_texts).collect();
        let writes = writes?;
        let answers = self.change(move |connection| batch::batch(connection, &writes));
        let answers = answers.await?.into_iter().map(|answer| match answer {
            Ok(answer) => answer,
            Err((instance, failure)) => WriteAnswer::Failed {
                error: failure.at(&self.path).of_instance(instance),
            },
        });
        Ok(answers.collect())
    }

    async fn journal(&self, instance: InstanceId) -> Result<Option<Vec<JournalEntry>>, StoreError> {
        self.read(move |connection| read::journal(connection, instance))
            .await
    }

    async fn summary(&self, instance: InstanceId) -> Result<Option<Summary>, StoreError> {
        self.read(move |connection| read::summary(connection, instance))
            .await
    }

    async fn query(&self, query: Query) -> Result<Page, StoreError> {
        self.read(move |connection| read::query(connection, &query)).await
    }

    async fn due_timers(&self, until: Timestamp, limit: usize) -> Result<Vec<DueTimer>, StoreError> {
        self.read(move |connection| read::due_timers(connection, until, limit))
            .await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| read::next_timer(connection, after))
            .await
    }

    async fn deploy(&self, version: DeployedVersion, component: Vec<u8>) -> Result<DeployAnswer, StoreError> {
        let deployed = self.writing.as_ref().map(|writing| Arc::clone(&writing.deployed));
        let deploy = move |connection: &mut rusqlite::Connection| {
            let answer = write::deploy(connection, &version, &component);
            // Here, because whoever asked may not wait for the answer; and always, because a failed commit says little.
            if let Some(deployed) = deployed {
                deployed.forget();
            }
            answer
        };
        self.change(deploy).await
    }

    async fn versions(&self, workflow: Option<&WorkflowName>) -> Result<Vec<DeployedVersion>, StoreError> {
        let deployed = self.writing.as_ref().map(|writing| &writing.deployed);
        let begun = match (deployed, workflow) {
            (Some(deployed), Some(name)) => match deployed.get(name) {
                Ok(versions) => return Ok(versions),
                Err(begun) => Some((deployed, name, begun)),
            },
            _ => None,
        };
        let name = workflow.cloned();
        let read = self.read(move |connection| read::versions(connection, name.as_ref()));
        let versions = read.await?;
        if let Some((deployed, name, begun)) = begun {
            deployed.put(begun, name, &versions);
        }
        Ok(versions)
    }

    async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(move |connection| read::component(connection, digest))
            .await
    }

    async fn delete(&self, instance: InstanceId) -> Result<DeleteAnswer, StoreError> {
        self.change(move |connection| remove::delete(connection, instance))
            .await
    }

    async fn purge(&self, ended_before: Timestamp, limit: usize) -> Result<Purged, StoreError> {
        self.change(move |connection| remove::purge(connection, ended_before, limit))
            .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        if let Some(Writing { writer, deployed, .. }) = &self.writing {
            deployed.forget();
            writer.close().await;
        }
        Ok(())
    }
}

/// SQLite's integers are signed. What doesn't fit is the end of time, and only that: it comes back as it was.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse of [`integer`].
fn unsigned(value: i64) -> u64 {
    match value {
        i64::MAX => u64::MAX,
        _ => u64::try_from(value).unwrap_or(0),
    }
}
