//! What the steps of a run do: whatever chance says.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hephaestus_core::definition::{StepDefinition, Targets, Workflow};
use hephaestus_core::engine::{Failure, FailureKind, Outcome, Routing};
use hephaestus_core::{EventName, InstanceId, Json};
use hephaestus_host::runner::{Attempt, Checkpoint, LoadError};

use crate::chance::Chance;
use crate::guests::{self, Behaviour, failed};
use crate::witness::Witness;

/// See the head of this module.
pub(super) struct Drawn {
    pub(super) witness: Arc<Witness>,
    pub(super) chance: Chance,
    /// Nothing hangs, crashes, or fails for reasons of the host's.
    pub(super) is_calm: bool,
}

#[async_trait]
impl Behaviour for Drawn {
    async fn load(&self) -> Result<(), LoadError> {
        let log = &self.witness.log;
        log.count("loads of code");
        if !self.is_calm && self.chance.one_in(40) {
            log.count("loads of code that fail");
            let reason = "it has no memory left".to_owned();
            return Err(LoadError::Host { reason });
        }
        Ok(())
    }

    async fn execute(&self, workflow: &Workflow, attempt: Attempt) -> Outcome {
        let patience = attempt.deadline.unwrap_or(Duration::from_secs(3_600));
        let Some(step) = workflow.find(&attempt.step) else {
            return failed(FailureKind::Host, false);
        };
        let outcome = tokio::time::timeout(patience, self.act(step, attempt)).await;
        outcome.unwrap_or_else(|_| failed(FailureKind::Deadline, false))
    }

    async fn transit(&self, workflow: &Workflow, attempt: &Attempt, event: &EventName) -> Routing {
        let chance = &self.chance;
        self.witness.log.count("transits");
        if chance.one_in(2) {
            tokio::time::sleep(chance.ms(20)).await;
        }
        self.may_crash(attempt.instance);
        let mut transitions = workflow.definition().transitions.iter();
        let own = transitions.find(|one| one.source == attempt.step && one.event == *event);
        match own.map(|transition| &transition.targets) {
            _ if chance.one_in(20) => Err(Failure::new(FailureKind::Routing, "it doesn't know")),
            _ if chance.one_in(30) => Ok(vec![attempt.step.clone()]),
            Some(Targets::Dynamic(targets)) => Ok(chance.some(targets)),
            _ => Err(Failure::new(FailureKind::Routing, "nobody should ask this")),
        }
    }
}

impl Drawn {
    async fn act(&self, step: &StepDefinition, attempt: Attempt) -> Outcome {
        let chance = &self.chance;
        self.pause().await;
        if let Some(checkpoint) = &attempt.checkpoint
            && chance.one_in(4)
            && let Some(outcome) = self.save(checkpoint, &attempt).await
        {
            return outcome;
        }
        self.may_crash(attempt.instance);
        let accepts_timeout = step.accepts.iter().any(|event| event.as_str() == "timeout");
        match chance.below(40) {
            0..=4 => failed(FailureKind::GuestError, true),
            5 => failed(FailureKind::Trap, false),
            6 => failed(FailureKind::MemoryLimit, false),
            7 => completed(chance, "undeclared"),
            8 => Outcome::Wait { resume_after: None },
            _ if !step.accepts.is_empty() && (step.emits.is_empty() || chance.one_in(2)) => Outcome::Wait {
                resume_after: (accepts_timeout && !chance.one_in(3)).then(|| self.patience()),
            },
            _ => match chance.pick(&step.emits) {
                Some(event) => completed(chance, event.as_str()),
                None => Outcome::Wait { resume_after: None },
            },
        }
    }

    /// Mostly short, rarely far beyond what is kept in memory of timers.
    fn patience(&self) -> Duration {
        match self.chance.below(12) {
            0 => Duration::ZERO,
            1 => self.chance.ms(3 * 3_600_000),
            2 => self.chance.ms(90_000),
            _ => self.chance.ms(600),
        }
    }

    async fn pause(&self) {
        let pause = match self.chance.below(30) {
            0..=9 => return,
            10 if !self.is_calm => self.chance.ms(5_000),
            11 | 12 => self.chance.ms(400),
            _ => self.chance.ms(30),
        };
        tokio::time::sleep(pause).await;
    }

    /// Counts up and saves each number, going on from what was saved before.
    async fn save(&self, checkpoint: &Checkpoint, attempt: &Attempt) -> Option<Outcome> {
        let begin = checkpoint.load();
        let begin: u64 = begin.and_then(|json| json.as_str().parse().ok()).unwrap_or(0);
        self.witness.continues(attempt, begin);
        for number in begin + 1..=begin + 1 + self.chance.below(4) {
            let value = Json::parse(&number.to_string()).ok()?;
            match checkpoint.save(value.clone()).await {
                Ok(()) => self.witness.saved(attempt, (number, &value)),
                Err(_) => return Some(failed(FailureKind::GuestError, true)),
            }
            if self.chance.one_in(10) {
                return Some(failed(FailureKind::GuestError, true));
            }
            self.pause().await;
        }
        None
    }

    /// A bug of the executor's, now and then: the task of the instance goes down with it.
    fn may_crash(&self, instance: InstanceId) {
        if !self.is_calm && self.chance.one_in(40) {
            self.witness.crashes(instance);
            // Not `panic!`: its hook would print it.
            std::panic::resume_unwind(Box::new("a bug in the executor"));
        }
    }
}

fn completed(chance: &Chance, event: &str) -> Outcome {
    let result = chance.one_in(2).then(|| chance.below(1_000_000).to_string());
    guests::completed(event, result.and_then(|text| Json::parse(&text).ok()))
}
