//! How everybody else talks to the task that owns an instance: requests in, one answer each, after the commit.
//!
//! The mailbox outlives crashes of its task: what was not taken out yet is handled by the next incarnation.

use std::sync::Arc;

use hephaestus_core::InstanceId;
use hephaestus_core::engine::Input;
use tokio::sync::{mpsc, oneshot};

use super::registry::Lease;
use super::{Shared, supervisor};
use crate::runner::InstanceError;

/// What can be asked of an instance.
#[derive(Debug, Clone)]
pub(super) enum Verb {
    /// To be resident: what was running when its last host ended runs again.
    Activate,
    /// To take an input from outside.
    Input(Box<Input>),
}

impl Verb {
    /// Whether the engine takes no notice of a repetition, so that it can be asked again if the answer got lost.
    fn is_repeatable(&self) -> bool {
        match self {
            Self::Activate => true,
            Self::Input(input) => matches!(**input, Input::Event { .. } | Input::TimerDue { .. }),
        }
    }
}

/// What was done, and is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Accepted {
    /// The timer that was set, if one was asked for.
    pub(super) timer: Option<u32>,
}

pub(super) type Answer = Result<Accepted, InstanceError>;
pub(super) type Reply = oneshot::Sender<Answer>;

/// One request, with the place for its answer. Until the task takes it out, it keeps the task from parking.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) verb: Verb,
    pub(super) reply: Reply,
    pub(super) lease: Lease,
}

pub(super) type Mailbox = mpsc::Receiver<Request>;

/// Answers everything that waits in `mailbox`.
pub(super) fn answer_all(mailbox: &mut Mailbox, mut answer: impl FnMut() -> InstanceError) {
    while let Ok(request) = mailbox.try_recv() {
        let _ = request.reply.send(Err(answer()));
    }
}

/// Asks the instance's task, which is started if the instance is parked. Answers when the effect is durable.
pub(super) async fn ask(shared: &Arc<Shared>, instance: InstanceId, verb: Verb) -> Answer {
    loop {
        let lease = supervisor::lease(shared, instance)?;
        let (reply, answer) = oneshot::channel();
        if !lease.send(verb.clone(), reply).await {
            continue; // The next lease starts another task.
        }
        match answer.await {
            Ok(answer) => return answer,
            // The task crashed with the request in its hands. This ends: crashes use up the restart intensity.
            Err(_) if verb.is_repeatable() => {}
            Err(_) => return Err(InstanceError::Interrupted(instance)),
        }
    }
}
