//! What is done in the scenario, act by act. Each act is repeated until it is known to be done, as a careful client does:
//! with the same ids, and where there is none, after a look at what is there.

use std::time::Duration;

use hephaestus_core::engine::{InstanceState, InstanceStatus, Record, SentEvent, StepState};
use hephaestus_core::{BusinessValue, EventId, InstanceId, Json, RequestId, StepRef, TimerId};
use hephaestus_host::runner::{DeleteError, InstanceError, Runner, StartOptions};
use hephaestus_host::{DeployError, Host, StartError};
use hephaestus_ledger::{Observation, Order};

use super::scenario::Code;
use crate::witness::Witness;

/// One thing that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Deploys a version.
    Deploy(usize),
    /// Starts the instance of that name, with a deadline in seconds; repeated, it changes nothing.
    Start(&'static str, Option<u64>),
    /// Sends an event.
    Send(&'static str, &'static str),
    /// Waits until a step waits and nothing else goes on.
    Rests(&'static str, &'static str),
    /// Lets `ship` have its timeout after so many seconds.
    Schedule(&'static str, u64),
    /// Sets a timer and cancels it again.
    ScheduleAndCancel(&'static str),
    Cancel(&'static str),
    Retry(&'static str),
    /// Waits until it has ended like that.
    Ends(&'static str, InstanceStatus),
    Delete(&'static str),
    /// A host ends in good order, and another one begins.
    Restart,
    /// A host ends at once, and another one begins.
    Kill,
    /// Time passes, and retention removes what ended long ago.
    Pass(u64),
}

/// All of it.
pub(super) const SCRIPT: [Act; 44] = [
    Act::Deploy(0),
    Act::Start("happy", None),
    Act::Start("happy", None),
    Act::Send("happy", "approved"),
    Act::Start("cancelled", None),
    Act::Start("broken", None),
    Act::Kill,
    Act::Rests("happy", "ship"),
    Act::ScheduleAndCancel("happy"),
    Act::Schedule("happy", 5),
    Act::Rests("cancelled", "approve"),
    Act::Cancel("cancelled"),
    Act::Ends("cancelled", InstanceStatus::Cancelled),
    Act::Ends("broken", InstanceStatus::Failed),
    Act::Retry("broken"),
    Act::Send("broken", "approved"),
    Act::Deploy(1),
    Act::Start("rejected", None),
    Act::Rests("broken", "ship"),
    Act::Schedule("broken", 30),
    Act::Restart,
    Act::Rests("rejected", "approve"),
    Act::Send("rejected", "rejected"),
    Act::Ends("rejected", InstanceStatus::Completed),
    Act::Start("poison", None),
    Act::Ends("poison", InstanceStatus::Failed),
    Act::Start("late", Some(60)),
    Act::Start("deleted", None),
    Act::Rests("late", "approve"),
    Act::Schedule("late", 2),
    Act::Rests("deleted", "approve"),
    Act::Send("deleted", "timeout"),
    Act::Cancel("deleted"),
    Act::Ends("deleted", InstanceStatus::Cancelled),
    Act::Delete("deleted"),
    Act::Ends("happy", InstanceStatus::Completed),
    Act::Ends("broken", InstanceStatus::Completed),
    Act::Ends("late", InstanceStatus::Failed),
    Act::Pass(30),
    Act::Kill,
    Act::Pass(30),
    Act::Deploy(0),
    Act::Pass(5),
    Act::Restart,
];

/// An act could not be done now; it may work if it is done again.
pub(super) struct Again(pub(super) String);

impl<E: std::error::Error> From<E> for Again {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Those who act, over all hosts.
pub(super) struct Actor<'a> {
    pub(super) code: &'a Code,
    pub(super) witness: &'a Witness,
    pub(super) instances: std::collections::BTreeMap<&'static str, InstanceId>,
}

impl Actor<'_> {
    /// Tries an act once.
    pub(super) async fn act(&mut self, host: &Host, act: Act) -> Result<(), Again> {
        match act {
            Act::Deploy(at) => self.deploy(host, at).await,
            Act::Start(name, deadline) => self.start(host, name, deadline).await,
            Act::Send(name, event) => self.send(host, name, event).await,
            Act::Rests(name, step) => self.rests(host, name, step).await,
            Act::Schedule(name, seconds) => self.schedule(host, name, seconds).await.map(drop),
            Act::ScheduleAndCancel(name) => self.schedule_and_cancel(host, name).await,
            Act::Cancel(name) => self.cancel(host, name).await,
            Act::Retry(name) => self.retry(host, name).await,
            Act::Ends(name, status) => self.ends(host, name, status).await,
            Act::Delete(name) => self.delete(host, name).await,
            Act::Pass(seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok(())
            }
            Act::Restart | Act::Kill => Ok(()),
        }
    }

    fn instance(&self, name: &'static str) -> Result<InstanceId, Again> {
        let known = self.instances.get(name).copied();
        known.ok_or_else(|| Again(format!("`{name}` was not started")))
    }

    async fn deploy(&self, host: &Host, at: usize) -> Result<(), Again> {
        match host.deploy(&self.code.components[at]).await {
            Ok(_) => Ok(()),
            Err(DeployError::OtherDigest { found, .. }) => Err(Again(format!("{found} is deployed"))),
            Err(error) => Err(error.into()),
        }
    }

    async fn start(&mut self, host: &Host, name: &'static str, deadline: Option<u64>) -> Result<(), Again> {
        let request = RequestId::new(name)?;
        let options = StartOptions {
            business_value: Some(BusinessValue::new(name)?),
            request_id: Some(request.clone()),
            deadline: deadline.map(Duration::from_secs),
            ..StartOptions::default()
        };
        let workflow = "orders".parse()?;
        let instance = match host
            .start_instance(&workflow, Json::empty_object(), options)
            .await
        {
            Ok(instance) => instance,
            // An instance that is there under this name was created by this request, and by no other one.
            Err(StartError::AlreadyRunning { instance, .. }) => {
                self.witness.log.violation(format_args!(
                    "the request {name} is refused, because {instance} runs: it created that"
                ));
                instance
            }
            Err(error) => return Err(error.into()),
        };
        self.instances.insert(name, instance);
        self.witness.audit.saw(Observation::Started {
            instance,
            request: Some(request),
        });
        Ok(())
    }

    async fn send(&self, host: &Host, name: &'static str, event: &str) -> Result<(), Again> {
        let instance = self.instance(name)?;
        let event_id = EventId::new(&format!("{name}-{event}"))?;
        let sent = SentEvent {
            event_id: event_id.clone(),
            event: event.parse()?,
            step: None,
            payload: None,
        };
        host.resume(&instance.into(), sent).await?;
        self.witness.audit.saw(Observation::Sent { instance, event_id });
        Ok(())
    }

    /// Everything but this step has ended, or hasn't begun.
    async fn rests(&self, host: &Host, name: &'static str, step: &str) -> Result<(), Again> {
        let instance = self.instance(name)?;
        let step: StepRef = step.parse()?;
        let rests = |state: &InstanceState| {
            let mut active = state.steps().filter(|(_, of)| of.is_active());
            let first = active.next();
            let waits =
                first.is_some_and(|(of, state)| *of == step && matches!(state, StepState::Waiting { .. }));
            waits && active.next().is_none()
        };
        let state = host.wait_for(&instance.into(), rests).await?;
        match rests(&state) {
            true => Ok(()),
            false => Err(Again(format!("`{name}` is {}", state.status()))),
        }
    }

    /// Without an id of its own, the order is given again only if nothing of it is there.
    async fn schedule(&self, host: &Host, name: &'static str, seconds: u64) -> Result<TimerId, Again> {
        let instance = self.instance(name)?;
        let delay = Duration::from_secs(seconds);
        let history = host.history(&instance.into()).await?;
        let set = history.iter().find_map(|entry| match &entry.record {
            Record::TimerSet(timer) if timer.due.since(entry.at) == delay => Some(timer.number),
            _ => None,
        });
        if let Some(number) = set {
            return Ok(TimerId { instance, number });
        }
        let not_before = self.witness.log.now().after(delay);
        let step = "ship".parse()?;
        let timer = host.schedule_resume(&instance.into(), &step, delay).await?;
        self.witness
            .audit
            .saw(Observation::Scheduled { timer, not_before });
        Ok(timer)
    }

    async fn schedule_and_cancel(&self, host: &Host, name: &'static str) -> Result<(), Again> {
        let timer = self.schedule(host, name, 90).await?;
        let history = host.history(&timer.instance.into()).await?;
        let cancelled = Record::TimerCancelled { number: timer.number };
        if !history.iter().any(|entry| entry.record == cancelled) {
            host.cancel_timer(timer).await?;
            self.witness.audit.saw(Observation::TimerCancelled { timer });
        }
        Ok(())
    }

    async fn cancel(&self, host: &Host, name: &'static str) -> Result<(), Again> {
        let instance = self.instance(name)?;
        let history = host.history(&instance.into()).await?;
        let is_done = history
            .iter()
            .any(|entry| matches!(entry.record, Record::Cancelling { .. }));
        if !is_done {
            host.cancel(&instance.into(), None).await?;
            let order = Order::Cancel;
            self.witness.audit.saw(Observation::Ordered { instance, order });
        }
        Ok(())
    }

    async fn retry(&self, host: &Host, name: &'static str) -> Result<(), Again> {
        let instance = self.instance(name)?;
        let history = host.history(&instance.into()).await?;
        let is_done = history
            .iter()
            .any(|entry| matches!(entry.record, Record::Retried { .. }));
        if !is_done {
            host.retry(&instance.into()).await?;
            let order = Order::Retry;
            self.witness.audit.saw(Observation::Ordered { instance, order });
        }
        Ok(())
    }

    async fn ends(&self, host: &Host, name: &'static str, status: InstanceStatus) -> Result<(), Again> {
        let instance = self.instance(name)?;
        let state = host.wait_for_end(&instance.into()).await?;
        match state.status() == status {
            true => Ok(()),
            false => Err(Again(format!(
                "`{name}` is {}, and should be {status}",
                state.status()
            ))),
        }
    }

    async fn delete(&self, host: &Host, name: &'static str) -> Result<(), Again> {
        let instance = self.instance(name)?;
        match host.delete(&instance.into()).await {
            // An order before this one was carried out, though its answer got lost.
            Ok(()) | Err(DeleteError::Instance(InstanceError::UnknownInstance(_))) => {}
            Err(error) => return Err(error.into()),
        }
        if !self.witness.audit.is_removed(instance) {
            let log = &self.witness.log;
            log.violation(format_args!("{instance} is said to be deleted, and is stored"));
        }
        Ok(())
    }
}
