//! Events and timers.

use std::time::Duration;

use hephaestus_core::engine::{Record, SentEvent, Timer};
use hephaestus_core::{EventId, InstanceId, Json, StepRef, TimerId};
use hephaestus_host::runner::{InstanceError, InstanceRef, Runner};
use hephaestus_ledger::Observation;

use super::{Client, Desk, Verdict, verdict};
use crate::audit::Book;

/// An event that was sent, and can be repeated.
#[derive(Debug, Clone)]
pub(in crate::simulation) struct Sent {
    instance: InstanceId,
    event: SentEvent,
    /// The client was told that it is accepted.
    is_accepted: bool,
    /// It may still be accepted: the client didn't wait, or was told that nobody knows.
    is_open: bool,
}

impl Sent {
    /// Its host is gone.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }
}

impl Client {
    pub(super) async fn send(&mut self, desk: &Desk) {
        let at = match self.sent.is_empty() || !self.chance.one_in(4) {
            true => {
                let Some(sent) = self.event(desk) else { return };
                self.sent.push(sent);
                self.sent.len() - 1
            }
            false => self.chance.index(self.sent.len()),
        };
        let sent = self.sent[at].clone();
        let target = self.named(desk, sent.instance);
        let what = format!("sends {} {} to {target}", sent.event.event_id, sent.event.event);
        let was = holds(desk, &target, &sent.event.event_id);
        let answer = self
            .ask(desk, &what, desk.host.resume(&target, sent.event.clone()))
            .await;
        self.told(desk, &what, &answer);
        if desk.audit.is_removed(sent.instance) {
            return;
        }
        let is = holds(desk, &target, &sent.event.event_id);
        let told = verdict(answer.as_ref(), desk);
        if !sent.is_open || told == Some(Verdict::Done) {
            self.judge(desk, &what, told, (was, is));
        }
        let by_id = matches!(target, InstanceRef::Id(_));
        if by_id && sent.is_accepted && matches!(answer, Some(Err(InstanceError::Refused(_)))) {
            desk.log
                .violation(format_args!("{what}: it was accepted before, and is refused now"));
        }
        if told == Some(Verdict::Done) {
            desk.log.add("events repeated", u64::from(was));
            if let InstanceRef::Id(instance) = target {
                desk.audit.saw(Observation::Sent {
                    instance,
                    event_id: sent.event.event_id.clone(),
                });
            }
        }
        let open = told.is_none_or(|told| told == Verdict::Perhaps);
        let sent = &mut self.sent[at];
        sent.is_open |= open;
        sent.is_accepted |= by_id && told == Some(Verdict::Done);
    }

    fn event(&mut self, desk: &Desk) -> Option<Sent> {
        let instance = self.some_instance(desk)?;
        let id = EventId::new(&self.fresh('e')).ok()?;
        let name = self
            .chance
            .name(["go", "go", "go", "go", "timeout", "timeout", "failed", "nope"]);
        let step = match self.chance.below(6) {
            0 => self.some_step(desk, instance),
            _ => None,
        };
        let payload = match self.chance.below(40) {
            0 => Some(format!("\"{}\"", "x".repeat(2_000))),
            1..=20 => Some(self.chance.below(1_000).to_string()),
            _ => None,
        };
        let event = SentEvent {
            event_id: id,
            event: name.parse().ok()?,
            step,
            payload: payload.and_then(|text| Json::parse(&text).ok()),
        };
        Some(Sent {
            instance,
            event,
            is_accepted: false,
            is_open: false,
        })
    }

    fn some_step(&self, desk: &Desk, instance: InstanceId) -> Option<StepRef> {
        if self.chance.one_in(10) {
            return "nowhere".parse().ok();
        }
        let steps = desk.audit.look(instance, |book| {
            book.state
                .steps()
                .map(|(step, _)| step.clone())
                .collect::<Vec<_>>()
        });
        self.chance.pick(&steps?).cloned()
    }

    /// Mostly one that accepts `timeout`.
    fn patient_step(&self, desk: &Desk, instance: InstanceId) -> Option<StepRef> {
        let patient = desk.audit.look(instance, |book| {
            let steps = book.state.workflow().steps().iter();
            let fit = steps.filter(|step| step.accepts.iter().any(|event| event.as_str() == "timeout"));
            fit.map(|step| step.name.clone()).collect::<Vec<_>>()
        });
        match self.chance.pick(&patient?) {
            Some(step) if !self.chance.one_in(6) => Some(step.clone()),
            _ => self.some_step(desk, instance),
        }
    }

    pub(super) async fn schedule(&mut self, desk: &Desk) {
        let Some(instance) = self.own_instance(desk) else {
            return;
        };
        let Some(step) = self.patient_step(desk, instance) else {
            return;
        };
        let delay = match self.chance.below(10) {
            0 => Duration::ZERO,
            1 => self.chance.ms(4 * 3_600_000),
            _ => self.chance.ms(2_000),
        };
        let what = format!("schedules `{step}` of {instance} in {delay:?}");
        let before = timers(desk, instance);
        let asked_at = desk.log.now();
        let target = instance.into();
        let scheduling = desk.host.schedule_resume(&target, &step, delay);
        let answer = self.ask(desk, &what, scheduling).await;
        self.told(desk, &what, &answer);
        if desk.audit.is_removed(instance) {
            return;
        }
        let after = timers(desk, instance);
        match verdict(answer.as_ref(), desk) {
            Some(Verdict::NotDone) if before.len() != after.len() && !self.is_loose(instance) => {
                desk.log.violation(format_args!(
                    "{what}: the host says that nothing was changed, and a timer was set"
                ));
            }
            Some(Verdict::Perhaps) | None => self.loosen(instance),
            _ => {}
        }
        if let Some(Ok(timer)) = answer {
            self.timers.push(timer);
            desk.audit.saw(Observation::Scheduled {
                timer,
                not_before: asked_at.after(delay),
            });
            let set = after.iter().find(|set| set.number == timer.number);
            let earliest = asked_at.after(delay);
            let latest = desk.log.now().after(delay);
            let fits = set.is_some_and(|set| {
                set.purpose.step() == Some(&step) && earliest <= set.due && set.due <= latest
            });
            if !fits || timer.instance != instance {
                desk.log.violation(format_args!(
                    "{what}: {timer} is acknowledged, durable is {set:?}"
                ));
            }
        }
    }

    pub(super) async fn cancel_timer(&mut self, desk: &Desk) {
        let wrong = TimerId {
            instance: match self.own_instance(desk) {
                Some(instance) => instance,
                None => return,
            },
            number: u32::try_from(self.chance.below(6)).unwrap_or(0),
        };
        let timer = match self.chance.one_in(4) {
            true => wrong,
            // Mostly one of the last.
            false => {
                let from = self.timers.len().saturating_sub(3);
                self.chance.pick(&self.timers[from..]).copied().unwrap_or(wrong)
            }
        };
        let what = format!("cancels timer {timer}");
        let was = is_cancelled(desk, timer);
        let answer = self.ask(desk, &what, desk.host.cancel_timer(timer)).await;
        self.told(desk, &what, &answer);
        if desk.audit.is_removed(timer.instance) {
            return;
        }
        let verdict = verdict(answer.as_ref(), desk);
        if !self.is_loose(timer.instance) {
            self.judge(desk, &what, verdict, (was, is_cancelled(desk, timer)));
        }
        match verdict {
            Some(Verdict::Done) => desk.audit.saw(Observation::TimerCancelled { timer }),
            Some(Verdict::Perhaps) | None => self.loosen(timer.instance),
            Some(Verdict::NotDone) => {}
        }
    }
}

/// Whether an instance that is meant has accepted the event.
fn holds(desk: &Desk, target: &InstanceRef, event: &EventId) -> bool {
    let is_meant = |id: InstanceId, book: &Book| match target {
        InstanceRef::Id(instance) => *instance == id,
        InstanceRef::Business(business) => *business == book.state.created().business_id,
    };
    let found = desk
        .audit
        .all(|id, book| is_meant(id, book) && book.accepted.contains(event));
    found.contains(&true)
}

/// The timers that were ever scheduled for an instance.
fn timers(desk: &Desk, instance: InstanceId) -> Vec<Timer> {
    let set = desk.audit.look(instance, |book| {
        let records = book.journal.iter().map(|entry| &entry.record);
        let set = records.filter_map(|record| match record {
            Record::TimerSet(timer) => Some(timer.clone()),
            _ => None,
        });
        set.collect()
    });
    set.unwrap_or_default()
}

fn is_cancelled(desk: &Desk, timer: TimerId) -> bool {
    let cancelled = desk.audit.look(timer.instance, |book| {
        let mut records = book.journal.iter().map(|entry| &entry.record);
        records.any(|record| *record == Record::TimerCancelled { number: timer.number })
    });
    cancelled.unwrap_or(false)
}
