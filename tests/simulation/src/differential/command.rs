//! The commands, and how they are drawn: with an eye on where the model stands, so that most of them meet something.

use std::time::Duration;

use hephaestus_core::engine::{InstanceStatus, SentEvent};
use hephaestus_core::{
    BusinessId, BusinessValue, EventId, InstanceId, Json, RequestId, StepRef, TimerId, WorkflowName,
};
use hephaestus_host::runner::{InstanceRef, StartOptions};
use hephaestus_host::store::Query;

use super::flows::Flows;
use super::model::Model;
use crate::chance::Chance;
use crate::graphs::ACCEPTED;

/// One thing that is done to each world.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// Deploys one of the components.
    Deploy(usize),
    Start(WorkflowName, Json, StartOptions),
    /// Lets an attempt come to its outcome.
    Finish(InstanceId, StepRef),
    Resume(InstanceRef, SentEvent),
    Schedule(InstanceRef, StepRef, Duration),
    CancelTimer(TimerId),
    /// Time passes.
    Advance(Duration),
    Cancel(InstanceRef, Option<String>),
    Retry(InstanceRef),
    Delete(InstanceRef),
    Get(InstanceRef),
    History(InstanceRef),
    List(Query),
    /// The host ends, in good order or not; another one begins when the wall clock shows this much more, or less.
    Restart {
        orderly: bool,
        jump_ms: i64,
    },
}

/// Draws commands.
#[derive(Debug)]
pub(super) struct Draw {
    pub(super) chance: Chance,
    /// How many instances were asked for.
    pub(super) starts: u64,
}

const HOUR_MS: u64 = 3_600_000;

impl Draw {
    /// The next one.
    pub(super) fn command(&mut self, flows: &Flows, model: &Model) -> Command {
        let chance = self.chance.clone();
        let ready = model.ready();
        match chance.below(32) {
            0..=3 => self.start(flows),
            4..=13 => match chance.pick(&ready) {
                Some((instance, step)) => Command::Finish(*instance, step.clone()),
                None => self.start(flows),
            },
            14..=17 => self.resume(flows, model),
            18 | 19 => self.schedule(flows, model),
            20 => self.cancel_timer(model),
            21..=24 => Command::Advance(self.span(model)),
            25 => Command::Cancel(self.target(model), chance.one_in(2).then(|| "enough".to_owned())),
            26 => self.retry(model),
            27 => Command::Delete(self.target(model)),
            28 => match chance.one_in(2) {
                true => Command::Get(self.target(model)),
                false => Command::History(self.target(model)),
            },
            29 => Command::List(self.query(flows, model)),
            30 => Command::Deploy(chance.index(flows.components.len())),
            _ => self.restart(),
        }
    }

    fn start(&mut self, flows: &Flows) -> Command {
        let chance = &self.chance;
        self.starts += 1;
        let workflow = match (chance.one_in(20), chance.pick(&flows.names)) {
            (false, Some(name)) => name.clone(),
            _ => parsed("unheard-of"),
        };
        let initial = match chance.one_in(25) {
            true => "[]".to_owned(),
            false => format!("{{\"n\":{}}}", self.starts),
        };
        let options = StartOptions {
            business_value: BusinessValue::new(chance.name(["a", "b", "c", "d", "e", "f"])).ok(),
            request_id: match chance.one_in(3) {
                true => RequestId::new(&format!("request {}", chance.below(6))).ok(),
                false => None,
            },
            version: chance
                .one_in(6)
                .then(|| hephaestus_core::WorkflowVersion(draw_u32(chance, 3))),
            deadline: chance.one_in(8).then(|| chance.ms(120_000)),
            metadata: std::collections::BTreeMap::new(),
        };
        Command::Start(
            workflow,
            Json::parse(&initial).unwrap_or_else(|_| Json::empty_object()),
            options,
        )
    }

    /// An instance that is there, mostly.
    fn target(&self, model: &Model) -> InstanceRef {
        let chance = &self.chance;
        let known = model.instances();
        match (chance.below(12), chance.pick(&known)) {
            (0, _) | (_, None) => match chance.pick(&model.removed) {
                Some(removed) => (*removed).into(),
                None => unknown().into(),
            },
            (1..=3, _) => business(chance).map_or_else(|| unknown().into(), Into::into),
            (_, Some(instance)) => (*instance).into(),
        }
    }

    fn resume(&self, flows: &Flows, model: &Model) -> Command {
        let event = self.event(flows);
        let open = model.accepting(&event.event);
        match (self.chance.one_in(3), self.chance.pick(&open)) {
            (false, Some((instance, _))) => Command::Resume((*instance).into(), event),
            _ => Command::Resume(self.target(model), event),
        }
    }

    fn event(&self, flows: &Flows) -> SentEvent {
        let chance = &self.chance;
        let name = match chance.below(16) {
            0 => "nope",
            1 => "failed",
            2 => "ok",
            _ => chance.name(ACCEPTED),
        };
        // Sent again now and then, perhaps to another instance; or under an id of its own, as if none was given.
        let id = match chance.one_in(3) {
            true => format!("event {}", chance.below(8)),
            false => format!("event {:x}", chance.any()),
        };
        SentEvent {
            event_id: EventId::new(&id).unwrap_or_else(|_| unreachable!("it is an id")),
            event: parsed(name),
            step: chance.one_in(4).then(|| self.step(flows)),
            payload: match chance.one_in(3) {
                true => Json::parse(&chance.below(100).to_string()).ok(),
                false => None,
            },
        }
    }

    fn step(&self, flows: &Flows) -> StepRef {
        let chance = &self.chance;
        match (chance.one_in(15), chance.pick(&flows.steps)) {
            (false, Some(step)) => step.clone(),
            _ => parsed("nowhere"),
        }
    }

    fn schedule(&self, flows: &Flows, model: &Model) -> Command {
        let open = model.accepting(&parsed("timeout"));
        match (self.chance.one_in(4), self.chance.pick(&open)) {
            (false, Some((instance, step))) => {
                Command::Schedule((*instance).into(), step.clone(), self.delay())
            }
            _ => Command::Schedule(self.target(model), self.step(flows), self.delay()),
        }
    }

    fn delay(&self) -> Duration {
        match self.chance.below(10) {
            0 => Duration::ZERO,
            1 => self.chance.ms(24 * HOUR_MS),
            _ => self.chance.ms(90_000),
        }
    }

    fn cancel_timer(&self, model: &Model) -> Command {
        let timers = model.scheduled();
        Command::CancelTimer(match (self.chance.one_in(6), self.chance.pick(&timers)) {
            (false, Some(timer)) => *timer,
            _ => TimerId {
                instance: self
                    .chance
                    .pick(&model.instances())
                    .copied()
                    .unwrap_or_else(unknown),
                number: draw_u32(&self.chance, 6),
            },
        })
    }

    /// To the next timer, or any time.
    fn span(&self, model: &Model) -> Duration {
        let chance = &self.chance;
        match (chance.below(8), model.timers().first()) {
            (0, _) => chance.ms(5 * HOUR_MS),
            (1..=4, Some(next)) => next.due.since(model.now),
            _ => chance.ms(60_000),
        }
    }

    fn retry(&self, model: &Model) -> Command {
        let failed = model.with_status(InstanceStatus::Failed);
        Command::Retry(match (self.chance.one_in(5), self.chance.pick(&failed)) {
            (false, Some(instance)) => (*instance).into(),
            _ => self.target(model),
        })
    }

    fn query(&self, flows: &Flows, model: &Model) -> Query {
        let chance = &self.chance;
        let statuses = [
            InstanceStatus::Pending,
            InstanceStatus::Running,
            InstanceStatus::Waiting,
            InstanceStatus::Completed,
            InstanceStatus::Failed,
            InstanceStatus::Cancelled,
        ];
        Query {
            workflow: chance.pick(&flows.names).filter(|_| chance.one_in(3)).cloned(),
            business_id: business(chance).filter(|_| chance.one_in(3)),
            statuses: match chance.one_in(2) {
                true => chance.some(&statuses),
                false => Vec::new(),
            },
            before: chance
                .pick(&model.instances())
                .copied()
                .filter(|_| chance.one_in(4)),
            limit: 1 + chance.index(6),
        }
    }

    fn restart(&self) -> Command {
        let chance = &self.chance;
        let far = i64::try_from(chance.below(48 * HOUR_MS)).unwrap_or(0);
        Command::Restart {
            orderly: chance.one_in(2),
            jump_ms: match chance.below(6) {
                0 => far,
                1 => -far,
                _ => far % 3_000,
            },
        }
    }
}

fn draw_u32(chance: &Chance, bound: u64) -> u32 {
    u32::try_from(1 + chance.below(bound)).unwrap_or(1)
}

fn business(chance: &Chance) -> Option<BusinessId> {
    format!("id::{}", chance.name(["a", "b", "c", "d", "e", "f", "z"]))
        .parse()
        .ok()
}

/// An instance that never was.
pub(super) fn unknown() -> InstanceId {
    parsed("0190f000-0000-7000-8000-000000000000")
}

/// A name that is written in this module.
fn parsed<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| unreachable!("it is a name"))
}
