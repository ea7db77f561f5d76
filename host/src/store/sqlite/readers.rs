//! A small pool of connections that only read. They see each commit as soon as it is answered, and never wait for the
//! writer (nor it for them).

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::failure::Failure;
use super::open::read_only;
use super::options::SqliteOptions;

/// How many reads run at once.
const READERS: u32 = 4;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    options: SqliteOptions,
    /// Opened when first needed.
    idle: Mutex<Vec<Connection>>,
    /// Held while one reads.
    open: RwLock<()>,
    slots: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, options: SqliteOptions) -> Self {
        let slots = Arc::new(Semaphore::new(READERS as usize));
        Self {
            path,
            options,
            idle: Mutex::default(),
            open: RwLock::default(),
            slots,
        }
    }

    /// Runs `job` on a thread that may block.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(|_| Failure::Closed)?;
        let readers = Arc::clone(self);
        let run = move || {
            let _slot = slot;
            let _open = readers.open.read().unwrap_or_else(PoisonError::into_inner);
            let mut connection = readers.take()?;
            let result = job(&mut connection)?;
            // One that failed, or panicked, is closed instead: the next reader opens a fresh one.
            readers.put_back(connection);
            Ok(result)
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result,
            Err(error) => Err(Failure::ReaderGone(error.to_string())),
        }
    }

    /// Waits for the reads that were begun; later ones get [`Failure::Closed`].
    pub(super) async fn close(&self) {
        let all = self.slots.acquire_many(READERS).await;
        self.slots.close();
        drop(all);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits for the reads that were begun, and closes the connections. None is opened while the answer is held.
    pub(super) fn shut(&self) -> RwLockWriteGuard<'_, ()> {
        let shut = self.open.write().unwrap_or_else(PoisonError::into_inner);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        shut
    }

    fn take(&self) -> Result<Connection, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => Ok(read_only(&self.path, &self.options)?),
        }
    }

    fn put_back(&self, connection: Connection) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
    }
}
