//! Durable progress inside one attempt: the only way from a guest back into the runner.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use hephaestus_core::Json;

/// Makes the progress of one execution durable. The runner implements it, and tests of executors do.
#[async_trait]
pub trait SaveCheckpoint: Send + Sync + 'static {
    /// Returns when `progress` is durable: a store that is full, or gone for a while, is waited for. Doesn't return if the
    /// execution is over meanwhile: whoever waits for it is dropped with its attempt.
    async fn save(&self, progress: Json) -> Result<(), SaveError>;
}

/// What a step has saved, and how it saves more. Clones share it.
#[derive(Clone)]
pub struct Checkpoint {
    last: Arc<Mutex<Option<Json>>>,
    saver: Arc<dyn SaveCheckpoint>,
}

impl Checkpoint {
    /// For an attempt that begins: `last` is what the step has saved before it.
    pub fn new(last: Option<Json>, saver: Arc<dyn SaveCheckpoint>) -> Self {
        Self {
            last: Arc::new(Mutex::new(last)),
            saver,
        }
    }

    /// What was saved last, in this attempt or before it.
    pub fn load(&self) -> Option<Json> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Saves more; durable when it returns. One after the other: of two at the same time either may be the last.
    pub async fn save(&self, progress: Json) -> Result<(), SaveError> {
        self.saver.save(progress.clone()).await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        Ok(())
    }
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkpoint")
            .field("last", &self.load())
            .finish_non_exhaustive()
    }
}

/// A checkpoint was not saved. The one before it stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// It is too long.
    #[error("the checkpoint is longer than {limit_bytes} bytes: hand large data over by reference")]
    TooLarge {
        /// The longest that is allowed.
        limit_bytes: usize,
    },
    /// The step has saved as much as it may.
    #[error(
        "the checkpoints of the step come to more than {limit_bytes} bytes together: save smaller ones, or fewer"
    )]
    UsedUp {
        /// What is allowed for all of them.
        limit_bytes: usize,
    },
    /// It can't be made durable, and waiting doesn't help.
    #[error("the checkpoint can't be saved: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
    },
}
