//! What an attempt has to say while it runs, or before: through the task of its instance, like everything that happens to it.
//!
//! Invariants: what was said is acknowledged after its commit; it says which execution it comes from, so that one which was
//! lost or stopped changes nothing; the channel ends with the task, and what is in it with the attempts that wait for it.

use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{Input, InstanceState, Refusal};
use hephaestus_core::{Json, StepRef};
use tokio::sync::{mpsc, oneshot};

use super::mailbox::Answer;
use super::work::Work;
use super::{Phase, Shared};
use crate::runner::{Checkpoint, InstanceError, SaveCheckpoint, SaveError};

/// How many may wait for the task; more wait in their attempts. An attempt of a component says one thing at a time.
const CHANNEL_CAPACITY: usize = 64;

/// Where the attempts of one instance are heard.
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

    /// What an execution of `step` speaks through that begins now.
    pub(super) fn line(&self, state: &InstanceState, step: &StepRef, attempt: u32) -> Line {
        Line {
            shared: Arc::clone(&self.shared),
            task: self.sender.clone(),
            must_announce: state.must_announce(step),
            step: step.clone(),
            attempt,
            since: state.ready_since(step),
        }
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

/// From one execution to the task of its instance.
#[derive(Clone)]
pub(super) struct Line {
    shared: Arc<Shared>,
    task: mpsc::Sender<Work>,
    must_announce: bool,
    step: StepRef,
    attempt: u32,
    since: u64,
}

impl Line {
    /// What the step has saved, and how it saves more.
    pub(super) fn checkpoint(&self, state: &InstanceState) -> Checkpoint {
        Checkpoint::new(state.checkpoint(&self.step).cloned(), Arc::new(self.clone()))
    }

    /// Returns when the attempt may begin: if one was lost before, when the beginning is durable. `false`: it doesn't
    /// begin any more, the runner ends.
    pub(super) async fn announce(&self) -> bool {
        if !self.must_announce {
            return true;
        }
        for failures in 1.. {
            let input = Input::AttemptBegins {
                step: self.step.clone(),
                attempt: self.attempt,
                since: self.since,
            };
            match self.ask(input).await {
                // Meanwhile the runner may have begun to end.
                Some(Ok(_)) => return self.shared.phase.now() == Phase::Open,
                Some(Err(InstanceError::Store(_))) => {}
                // The execution is over before it began; whoever waits here is dropped with it.
                Some(Err(_)) | None => std::future::pending().await,
            }
            tokio::select! {
                biased;
                () = self.shared.phase.reached(Phase::Draining) => return false,
                () = self.shared.sleep(self.shared.limits.pause(failures)) => {}
            }
        }
        false
    }

    /// The answer, after the commit. Without a task there is none.
    async fn ask(&self, input: Input) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        let _ = self.task.send(Work::Asked(input, reply)).await;
        answer.await.ok()
    }
}

#[async_trait]
impl SaveCheckpoint for Line {
    async fn save(&self, progress: Json) -> Result<(), SaveError> {
        let input = Input::Checkpoint {
            step: self.step.clone(),
            attempt: self.attempt,
            since: self.since,
            value: progress,
        };
        match self.ask(input).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(InstanceError::Refused(refusal))) => match refusal {
                Refusal::CheckpointTooLarge { limit, .. } => Err(SaveError::TooLarge { limit_bytes: limit }),
                Refusal::CheckpointsUsedUp { limit } => Err(SaveError::UsedUp { limit_bytes: limit }),
                _ => over().await,
            },
            Some(Err(error)) => {
                // A guest that tries again at once doesn't keep a store busy that is in trouble.
                self.shared.sleep(self.shared.limits.first_pause).await;
                let reason = error.to_string();
                Err(SaveError::Unavailable { reason })
            }
            None => over().await,
        }
    }
}

/// The execution is over; whoever waits here is dropped with it.
async fn over() -> Result<(), SaveError> {
    std::future::pending().await
}
