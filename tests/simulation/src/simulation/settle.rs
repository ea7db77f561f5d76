//! The last round: nothing fails any more, so everything comes to its end; and what must hold after it.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_core::engine::{InstanceStatus, SentEvent};
use hephaestus_core::{EventId, EventName, InstanceId, StepRef, Timestamp};
use hephaestus_host::runner::Runner;
use hephaestus_host::store::Store;

use super::round::Stage;
use super::world::World;
use crate::audit::at_once;

/// How often it is looked whether everything has ended.
const PATIENCE: u32 = 3_000;

/// How late a timer may be on a host that has nothing else to do.
const LATENESS: Duration = Duration::from_secs(60);

/// What an instance that hasn't ended is about.
enum Left {
    /// It goes on by itself: steps run, or a timer is set.
    Busy(Option<Timestamp>),
    /// It waits for this event.
    Waits(StepRef, EventName),
}

impl World {
    /// Lets everything end: time passes, and whoever waits gets what it waits for.
    pub(super) async fn settle(&mut self, stage: &Stage) {
        let mut sent = 0;
        for _ in 0..PATIENCE {
            let left = self.left();
            if left.is_empty() || self.log.is_violated() {
                return;
            }
            let mut next = None;
            for (instance, left) in left {
                match left {
                    Left::Busy(due) => next = due.into_iter().chain(next).min(),
                    Left::Waits(step, event) => {
                        sent += 1;
                        self.send(stage, instance, (step, event), sent).await;
                    }
                }
            }
            let now = self.log.now();
            self.check_lateness(now);
            let pause = next.map_or(Duration::ZERO, |due| due.since(now));
            tokio::time::sleep(pause.max(Duration::from_millis(200))).await;
        }
        for (instance, _) in self.left() {
            let state = self.audit.look(instance, |book| format!("{:?}", book.state));
            self.log.violation(format_args!(
                "{instance} doesn't end: {}",
                state.unwrap_or_default()
            ));
        }
    }

    fn left(&self) -> BTreeMap<InstanceId, Left> {
        let left = self.audit.all(|id, book| {
            let left = match book.state.status() {
                InstanceStatus::Pending | InstanceStatus::Running => Left::Busy(None),
                InstanceStatus::Waiting if book.next_due().is_some() => Left::Busy(book.next_due()),
                InstanceStatus::Waiting => {
                    let (step, events) = book.state.accepting().next()?;
                    Left::Waits(step.clone(), events.first()?.clone())
                }
                _ => return None,
            };
            Some((id, left))
        });
        left.into_iter().flatten().collect()
    }

    /// What an instance waits for exists: it takes it.
    async fn send(&self, stage: &Stage, instance: InstanceId, to: (StepRef, EventName), number: u32) {
        let Ok(event_id) = EventId::new(&format!("settle-{number}")) else {
            return;
        };
        let (step, event) = to;
        let sent = SentEvent {
            event_id: event_id.clone(),
            event,
            step: Some(step.clone()),
            payload: None,
        };
        let answer = stage.desk.host.resume(&instance.into(), sent).await;
        let is_accepted = self
            .audit
            .look(instance, |book| book.accepted.contains(&event_id));
        if answer.is_err() || is_accepted != Some(true) {
            let durable = self.audit.look(instance, |book| book.state.step(&step).cloned());
            self.log.violation(format_args!(
                "{instance} `{step}` waits ({durable:?}), and its event is answered {answer:?}"
            ));
        }
    }

    /// No timer of an instance is long overdue.
    fn check_lateness(&self, now: Timestamp) {
        let late = self.audit.all(|id, book| {
            let due = book.next_due()?;
            let was_set = book.state.updated_at();
            let lateness = now.since(due.max(was_set));
            (lateness > LATENESS && now.0 > self.now.0 + 60_000).then_some((id, lateness))
        });
        for (instance, lateness) in late.into_iter().flatten() {
            self.log
                .violation(format_args!("a timer of {instance} is {lateness:?} late"));
        }
    }

    /// What holds when everything has ended.
    pub(super) fn check_end(&self) {
        self.audit.begin_round(std::sync::Arc::clone(&self.truth));
        let timers = at_once(self.truth.due_timers(Timestamp(u64::MAX), usize::MAX));
        if timers.as_ref().is_ok_and(|timers| !timers.is_empty()) {
            self.log
                .violation(format_args!("timers of instances that have ended: {timers:?}"));
        }
        self.audit.finish();
        self.audit.all(|_, book| {
            self.log.count(match book.state.status() {
                InstanceStatus::Completed => "instances completed",
                InstanceStatus::Failed => "instances failed",
                InstanceStatus::Cancelled => "instances that ended cancelled",
                _ => "instances that did not end",
            });
            self.log.most("longest journal", book.journal.len() as u64);
        });
    }
}
