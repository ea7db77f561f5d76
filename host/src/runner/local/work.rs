//! What the task of an instance has to decide about.

use hephaestus_core::StepRef;
use hephaestus_core::engine::{Input, Routed};

use super::mailbox::{Answer, Reply, Request, Verb};

/// One thing to decide about.
#[derive(Debug)]
pub(super) enum Work {
    /// Found out here: an outcome, or that the last host is gone. Kept until it is recorded.
    Own(Input),
    /// Asked for by somebody, who gets an answer when the effect is durable.
    Asked(Input, Reply),
    /// Somebody wants to know that the instance is resident, and what came before is durable.
    Roll(Reply),
}

impl From<Request> for Work {
    /// Gives up the lease: from here on the task itself knows that there is something to do.
    fn from(request: Request) -> Self {
        let Request { verb, reply, lease } = request;
        drop(lease);
        match verb {
            Verb::Activate => Self::Roll(reply),
            Verb::Input(input) => Self::Asked(*input, reply),
        }
    }
}

impl Work {
    pub(super) fn input(&self) -> Option<&Input> {
        match self {
            Self::Own(input) | Self::Asked(input, _) => Some(input),
            Self::Roll(_) => None,
        }
    }

    /// Whether the store checks the instance's unique key for it, so that it can fail alone.
    pub(super) fn is_retry(&self) -> bool {
        matches!(self.input(), Some(Input::Retry))
    }

    /// The attempt whose outcome this is.
    pub(super) fn attempt(&self) -> Option<(&StepRef, u32)> {
        match self {
            Self::Own(Input::Attempt { step, attempt, .. }) => Some((step, *attempt)),
            _ => None,
        }
    }

    /// The same, with what `transit` chose.
    pub(super) fn routed(self, choice: Routed) -> Self {
        match self {
            Self::Own(input) => Self::Own(input.routed(choice)),
            Self::Asked(input, reply) => Self::Asked(input.routed(choice), reply),
            Self::Roll(reply) => Self::Roll(reply),
        }
    }

    /// Answers whoever asked; gives back what nobody asked for.
    pub(super) fn answer(self, answer: Answer) -> Option<Self> {
        match self {
            Self::Own(_) => Some(self),
            Self::Asked(_, reply) | Self::Roll(reply) => {
                // Whoever stopped waiting doesn't want to know.
                let _ = reply.send(answer);
                None
            }
        }
    }
}
