//! What an attempt has to say while it runs, or before: through the task of its instance, like everything that happens to
//! it.
//!
//! Invariants: what was said is acknowledged after its commit, however long a store in trouble takes for it; it says which
//! execution it comes from, so that one which was lost or stopped changes nothing; the channel ends with the task, and
//! what is in it with the attempts that wait for it.

use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{Input, InstanceState, Refusal};
use hephaestus_core::{Json, StepRef};
use tokio::sync::{mpsc, oneshot};

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
        let input = Input::AttemptBegins {
            step: self.step.clone(),
            attempt: self.attempt,
            since: self.since,
        };
        match self.ask(input, Phase::Draining).await {
            // Meanwhile the runner may have begun to end.
            Ok(()) => self.shared.phase.now() == Phase::Open,
            Err(InstanceError::ShuttingDown) => false,
            Err(_) => over().await,
        }
    }

    /// Returns after the commit. A store in trouble is waited for, as the task waits with its own commits: until the
    /// runner has come to `phase`.
    async fn ask(&self, input: Input, phase: Phase) -> Result<(), InstanceError> {
        for failures in 1.. {
            let (reply, answer) = oneshot::channel();
            // Without a task nobody answers, and the attempt ends where it waits.
            let _ = self.task.send(Work::Asked(input.clone(), reply)).await;
            match answer.await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(InstanceError::Store(error))) if error.is_passing() => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => return over().await,
            }
            tokio::select! {
                biased;
                () = self.shared.phase.reached(phase) => break,
                () = self.shared.sleep(self.shared.limits.pause(failures)) => {}
            }
        }
        Err(InstanceError::ShuttingDown)
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
        match self.ask(input, Phase::Ended).await {
            Ok(()) => Ok(()),
            Err(InstanceError::Refused(refusal)) => match refusal {
                Refusal::CheckpointTooLarge { limit, .. } => Err(SaveError::TooLarge { limit_bytes: limit }),
                Refusal::CheckpointsUsedUp { limit } => Err(SaveError::UsedUp { limit_bytes: limit }),
                _ => over().await,
            },
            Err(InstanceError::ShuttingDown) => over().await,
            Err(error) => Err(SaveError::Unavailable {
                reason: error.to_string(),
            }),
        }
    }
}

/// The execution is over; whoever waits here is dropped with it.
async fn over<T>() -> T {
    std::future::pending().await
}
