//! How an attempt saves its progress: through the task of its instance, like everything that happens to it.
//!
//! Invariants: a save is acknowledged after its commit; it says which execution it comes from, so that one which was
//! lost or stopped saves nothing; the channel ends with the task, and what is in it with the attempts that wait for it.

use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{Input, InstanceState, Refusal};
use hephaestus_core::{Json, StepRef};
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::work::Work;
use crate::runner::{Checkpoint, InstanceError, SaveCheckpoint, SaveError};

/// How many saves may wait for the task; more wait in their attempts. An attempt of a component has one at a time.
const CHANNEL_CAPACITY: usize = 64;

/// Where the saves of one instance arrive.
pub(super) struct Saves {
    shared: Arc<Shared>,
    sender: mpsc::Sender<Work>,
    receiver: mpsc::Receiver<Work>,
}

impl Saves {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        let (sender, receiver) = mpsc::channel(CHANNEL_CAPACITY);
        Self {
            shared: Arc::clone(shared),
            sender,
            receiver,
        }
    }

    /// What an execution of `step` gets that begins now.
    pub(super) fn checkpoint(&self, state: &InstanceState, step: &StepRef, attempt: u32) -> Checkpoint {
        let saver = Saver {
            shared: Arc::clone(&self.shared),
            saves: self.sender.clone(),
            step: step.clone(),
            attempt,
            since: state.ready_since(step),
        };
        Checkpoint::new(state.checkpoint(step).cloned(), Arc::new(saver))
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Option<Work> {
        self.receiver.recv().await
    }

    /// One that has arrived.
    pub(super) fn try_next(&mut self) -> Option<Work> {
        self.receiver.try_recv().ok()
    }
}

/// Saves for one execution.
struct Saver {
    shared: Arc<Shared>,
    saves: mpsc::Sender<Work>,
    step: StepRef,
    attempt: u32,
    since: u64,
}

#[async_trait]
impl SaveCheckpoint for Saver {
    async fn save(&self, progress: Json) -> Result<(), SaveError> {
        let (reply, answer) = oneshot::channel();
        let input = Input::Checkpoint {
            step: self.step.clone(),
            attempt: self.attempt,
            since: self.since,
            value: progress,
        };
        // Without a task nobody answers, and the attempt ends where it waits.
        let _ = self.saves.send(Work::Asked(input, reply)).await;
        match answer.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(InstanceError::Refused(refusal))) => match refusal {
                Refusal::CheckpointTooLarge { limit, .. } => Err(SaveError::TooLarge { limit_bytes: limit }),
                Refusal::CheckpointsUsedUp { limit } => Err(SaveError::UsedUp { limit_bytes: limit }),
                _ => over().await,
            },
            Ok(Err(error)) => {
                // A guest that tries again at once doesn't keep a store busy that is in trouble.
                self.shared.sleep(self.shared.limits.first_pause).await;
                let reason = error.to_string();
                Err(SaveError::Unavailable { reason })
            }
            Err(_) => over().await,
        }
    }
}

/// The execution is over; whoever waits here is dropped with it.
async fn over() -> Result<(), SaveError> {
    std::future::pending().await
}
