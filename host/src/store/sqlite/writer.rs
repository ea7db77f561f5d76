//! The thread that owns the only connection that writes.
//!
//! A thread and not `spawn_blocking`: commits come one after the other anyhow, the connection with its prepared
//! statements stays where it is, and work that was begun is finished when the runtime shuts down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::failure::Failure;
use super::keeper::Keeper;
use super::lock::FileLock;

/// How many jobs wait at most; callers beyond that wait themselves.
const QUEUED_JOBS: usize = 16;

const PANICKED: &str = "the thread that writes the database panicked while it was closing it";

type Job = Box<dyn FnOnce(Result<&mut Connection, Failure>) + Send>;

/// A handle on the thread. Dropping it waits for what was begun and closes the connection.
#[derive(Debug)]
pub(super) struct Writer {
    thread: Mutex<Option<Thread>>,
}

#[derive(Debug)]
struct Thread {
    jobs: mpsc::Sender<Job>,
    handle: JoinHandle<()>,
    /// Answered when the file is closed.
    closed: oneshot::Receiver<()>,
}

impl Writer {
    pub(super) fn spawn(keeper: Keeper, lock: FileLock) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUED_JOBS);
        let (closing, closed) = oneshot::channel();
        let handle = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                serve(keeper, queue, lock);
                let _ = closing.send(());
            })?;
        let thread = Mutex::new(Some(Thread { jobs, handle, closed }));
        Ok(Self { thread })
    }

    /// Runs `job` on the thread. It is done even if this future is dropped.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever stopped waiting doesn't want to know.
            let _ = answer.send(connection.and_then(job));
        });
        let jobs = match &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(thread) => thread.jobs.clone(),
            None => return Err(Failure::Closed),
        };
        jobs.send(job).await.map_err(|_| Failure::Closed)?;
        drop(jobs);
        answered.await.unwrap_or(Err(Failure::WriterPanicked))
    }

    /// Ends intake and returns when all is done and the file is closed. Whoever stops waiting leaves the thread to the
    /// process: no thread of the runtime waits for a disk that hangs, so the runtime can end.
    pub(super) async fn close(&self) {
        if let Some(Thread { jobs, closed, .. }) = self.take() {
            drop(jobs);
            if closed.await.is_err() {
                tracing::error!("{PANICKED}");
            }
        }
    }

    fn take(&self) -> Option<Thread> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(thread) = self.take() {
            thread.end();
        }
    }
}

impl Thread {
    fn end(self) {
        drop(self.jobs);
        if self.handle.join().is_err() {
            tracing::error!("{PANICKED}");
        }
    }
}

fn serve(mut keeper: Keeper, mut queue: mpsc::Receiver<Job>, lock: FileLock) {
    while let Some(job) = queue.blocking_recv() {
        // A panic drops the job's answer (its caller gets `Unknown`) and its transaction (which rolls back).
        if catch_unwind(AssertUnwindSafe(|| job(keeper.connection()))).is_err() {
            tracing::error!("a write to the database panicked");
        }
        keeper.tend();
    }
    keeper.close();
    drop(lock);
}

#[cfg(test)]
mod tests;
