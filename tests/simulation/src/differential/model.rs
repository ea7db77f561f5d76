//! The model: the pure engine and a few maps. No host, no store, no task, no clock that runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::definition::StepDefinition;
use hephaestus_core::engine::{
    Decision, EngineLimits, Input, InstanceState, InstanceStatus, JournalEntry, NewInstance, Receipt, Record,
    Routed, StepState, Summary, TimerPurpose, advance, begin, create, decide,
};
use hephaestus_core::{
    BusinessId, Digest, EventName, InstanceId, Json, RequestId, StepRef, TimerId, Timestamp, WorkflowName,
    WorkflowVersion,
};
use hephaestus_host::DeployError;
use hephaestus_host::runner::{DeleteError, InstanceError, InstanceRef, StartError, StartOptions};
use hephaestus_host::store::{DueTimer, Page, Query};

use super::command::{Command, unknown};
use super::flows::Flows;
use super::live::GRACE;
use super::nature::{Nature, name_in};

/// Small, so that runs come to them.
pub(super) const LIMITS: EngineLimits = EngineLimits {
    max_recoveries: 1,
    max_inbox: 3,
    max_checkpoint_bytes: 100,
    max_checkpoints_bytes: 1_500,
};

/// What an attempt that executes now was told when it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) attempt: u32,
    pub(super) started_at: Timestamp,
    pub(super) initial: Json,
    pub(super) results: BTreeMap<StepRef, Option<Json>>,
    pub(super) checkpoint: Option<Json>,
}

/// One instance.
#[derive(Debug)]
struct Instance {
    state: InstanceState,
    journal: Vec<JournalEntry>,
    /// The steps that are executed: since which entry, and what the attempt was told when it began.
    begun: BTreeMap<StepRef, (u64, Running)>,
}

/// See the head of this module.
#[derive(Debug)]
pub(super) struct Model {
    flows: Arc<Flows>,
    nature: Nature,
    pub(super) now: Timestamp,
    deployed: BTreeMap<(WorkflowName, WorkflowVersion), Digest>,
    instances: BTreeMap<InstanceId, Instance>,
    requests: BTreeMap<RequestId, InstanceId>,
    /// Those that were deleted.
    pub(super) removed: Vec<InstanceId>,
    /// Timers of one instance came due together, and dynamic transitions follow: in which order they are taken is
    /// open.
    pub(super) is_open: bool,
    /// No host is up: nothing begins.
    is_down: bool,
}

impl Model {
    pub(super) fn new(flows: Arc<Flows>, nature: Nature, now: Timestamp) -> Self {
        Self {
            flows,
            nature,
            now,
            deployed: BTreeMap::new(),
            instances: BTreeMap::new(),
            requests: BTreeMap::new(),
            removed: Vec::new(),
            is_open: false,
            is_down: false,
        }
    }

    /// What the command is answered. `drawn` is the id that a new instance gets: chance is an argument here.
    pub(super) fn act(&mut self, command: &Command, drawn: Option<InstanceId>) -> String {
        let answer = match command {
            Command::Deploy(at) => format!("{:?}", self.deploy(*at)),
            Command::Start(workflow, initial, options) => match self.start(workflow, initial, options, drawn)
            {
                Err(StartError::InvalidInput { .. }) => "InvalidInput".to_owned(),
                answer => format!("{answer:?}"),
            },
            Command::Finish(instance, step) => self.finish(*instance, step),
            Command::Resume(target, event) => {
                let input = Input::Event {
                    event: event.clone(),
                    routing: None,
                };
                format!("{:?}", self.ask(target, input).map(drop))
            }
            Command::Schedule(target, step, delay) => format!("{:?}", self.schedule(target, step, *delay)),
            Command::CancelTimer(timer) => {
                let input = Input::CancelTimer { number: timer.number };
                format!("{:?}", self.ask(&timer.instance.into(), input).map(drop))
            }
            Command::Advance(span) => {
                self.advance(self.now.after(*span));
                String::new()
            }
            Command::Cancel(target, reason) => {
                let input = Input::Cancel {
                    reason: reason.clone(),
                };
                format!("{:?}", self.ask(target, input).map(drop))
            }
            Command::Retry(target) => format!("{:?}", self.ask(target, Input::Retry).map(drop)),
            Command::Delete(target) => format!("{:?}", self.delete(target)),
            Command::Get(target) => format!("{:?}", self.found(target).map(|one| one.state.clone())),
            Command::History(target) => format!("{:?}", self.found(target).map(|one| one.journal.clone())),
            Command::List(query) => format!("{:?}", Ok::<_, ()>(self.list(query))),
            Command::Restart { orderly, jump_ms } => {
                if *orderly {
                    self.stop();
                }
                self.restart(*jump_ms);
                String::new()
            }
        };
        self.advance(self.now);
        answer
    }

    fn deploy(&mut self, at: usize) -> Result<(Digest, bool), DeployError> {
        let (offered, _) = self.flows.components[at];
        let definition = self.flows.workflows[&offered].definition();
        let (workflow, version) = (definition.name.clone(), definition.version);
        match self.deployed.insert((workflow.clone(), version), offered) {
            None => Ok((offered, true)),
            Some(found) if found == offered => Ok((offered, false)),
            Some(found) => {
                self.deployed.insert((workflow.clone(), version), found);
                Err(DeployError::OtherDigest {
                    workflow,
                    version,
                    found,
                    offered,
                })
            }
        }
    }

    fn start(
        &mut self,
        workflow: &WorkflowName,
        initial: &Json,
        options: &StartOptions,
        drawn: Option<InstanceId>,
    ) -> Result<InstanceId, StartError> {
        if !initial.is_object() {
            return Err(StartError::InvalidInput {
                reason: String::new(),
            });
        }
        let version = options.version;
        let of_name = self
            .deployed
            .iter()
            .rev()
            .filter(|((name, _), _)| name == workflow);
        let mut fitting = of_name.filter(|((_, of), _)| version.is_none_or(|version| version == *of));
        let digest = match fitting.next() {
            Some((_, digest)) => *digest,
            None => {
                return Err(StartError::UnknownWorkflow {
                    workflow: workflow.clone(),
                    version,
                });
            }
        };
        if let Some((request_id, instance)) = options
            .request_id
            .as_ref()
            .and_then(|request| self.requests.get_key_value(request))
        {
            let of = &self.instances[instance].state.created().workflow;
            if of != workflow {
                return Err(StartError::OtherRequest {
                    request_id: request_id.clone(),
                    instance: *instance,
                    workflow: of.clone(),
                });
            }
            return Ok(*instance);
        }
        let code = Arc::clone(&self.flows.workflows[&digest]);
        let new = NewInstance {
            instance: drawn.unwrap_or_else(unknown),
            digest,
            business_value: options
                .business_value
                .clone()
                .unwrap_or_else(|| unreachable!("it is always given")),
            request_id: options.request_id.clone(),
            initial: initial.clone(),
            deadline: options.deadline,
            metadata: options.metadata.clone(),
        };
        let created = create(&code, new, self.now);
        let (state, change) =
            begin(code, created, self.now).unwrap_or_else(|damage| unreachable!("{damage}"));
        if let Some(holder) = self.holder(&change.summary) {
            return Err(StartError::AlreadyRunning {
                business_id: holder.business_id,
                instance: holder.instance,
                status: holder.status,
            });
        }
        let instance = change.summary.instance;
        self.requests
            .extend(options.request_id.clone().map(|request| (request, instance)));
        let created = Instance {
            state,
            journal: change.entries,
            begun: BTreeMap::new(),
        };
        self.instances.insert(instance, created);
        self.begin_ready(instance);
        Ok(instance)
    }

    /// The other instance that holds what this one wants to hold.
    fn holder(&self, wants: &Summary) -> Option<Summary> {
        let key = wants.unique_key.as_ref()?;
        let mut others = self.summaries().filter(|other| other.instance != wants.instance);
        others.find(|other| other.unique_key.as_ref() == Some(key))
    }

    fn finish(&mut self, instance: InstanceId, step: &StepRef) -> String {
        let Some(Running {
            attempt,
            started_at,
            initial,
            ..
        }) = self.running().remove(&(instance, step.clone()))
        else {
            return "no such attempt".to_owned();
        };
        let state = &self.instances[&instance].state;
        let since = state.ready_since(step);
        let deed = self
            .nature
            .deed(state.workflow(), &name_in(&initial), step, attempt);
        for value in deed.saves {
            let step = step.clone();
            // Refused: the attempt goes on.
            let _ = self.input(
                instance,
                Input::Checkpoint {
                    step,
                    attempt,
                    since,
                    value,
                },
            );
        }
        let receipt = Receipt::nothing(started_at);
        let input = Input::Attempt {
            step: step.clone(),
            attempt,
            outcome: deed.outcome,
            receipt: Some(receipt),
            retry: None,
            routing: None,
        };
        match self.input(instance, input) {
            Ok(_) => "finished".to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }

    fn schedule(
        &mut self,
        target: &InstanceRef,
        step: &StepRef,
        delay: std::time::Duration,
    ) -> Result<TimerId, InstanceError> {
        let instance = self.locate(target)?;
        let input = Input::Schedule {
            step: step.clone(),
            delay,
        };
        let records = self.input(instance, input)?;
        let set = records.iter().find_map(|record| match record {
            Record::TimerSet(timer) => Some(timer.number),
            _ => None,
        });
        let number = set.unwrap_or_else(|| unreachable!("a timer that is accepted is set"));
        Ok(TimerId { instance, number })
    }

    fn delete(&mut self, target: &InstanceRef) -> Result<(), DeleteError> {
        let instance = self.locate(target)?;
        let Some(found) = self.instances.get(&instance) else {
            return Err(InstanceError::UnknownInstance(target.clone()).into());
        };
        let status = found.state.status();
        if !status.is_terminal() {
            return Err(DeleteError::StillActive { instance, status });
        }
        self.instances.remove(&instance);
        self.requests.retain(|_, created| *created != instance);
        self.removed.push(instance);
        Ok(())
    }

    fn list(&self, query: &Query) -> Page {
        let fits = |summary: &Summary| {
            let named = |id: &BusinessId| *id == summary.business_id;
            query
                .workflow
                .as_ref()
                .is_none_or(|name| *name == summary.workflow)
                && query.business_id.as_ref().is_none_or(named)
                && (query.statuses.is_empty() || query.statuses.contains(&summary.status))
                && query.before.is_none_or(|before| summary.instance < before)
        };
        let mut summaries: Vec<Summary> = self.summaries().filter(fits).collect();
        summaries.reverse();
        summaries.truncate(query.limit);
        Page {
            summaries,
            damaged: Vec::new(),
        }
    }

    /// What runs is broken off when its grace is over.
    fn stop(&mut self) {
        let now = self.now;
        self.now = now.after(GRACE);
        self.is_down = true;
        for instance in self.instances() {
            if !self.instances[&instance].begun.is_empty() {
                let _ = self.input(instance, Input::HostStops);
            }
        }
        self.is_down = false;
        self.now = now;
    }

    /// What ran is lost; what is due by then is delivered.
    fn restart(&mut self, jump_ms: i64) {
        self.now = Timestamp(self.now.0.saturating_add_signed(jump_ms));
        let now = self.now;
        for instance in self.instances() {
            if let Some(one) = self.instances.get_mut(&instance) {
                one.begun.clear();
                // Attempts begin again while timers are delivered.
                let is_late = one.state.timers().values().any(|timer| timer.due <= now);
                self.is_open |= is_late && one.state.ready().next().is_some();
            }
            if !self.instances[&instance].state.status().is_terminal() {
                let _ = self.input(instance, Input::HostRestarted);
            }
            self.begin_ready(instance);
        }
    }

    /// It is that late now: all that comes due until then does, in order.
    fn advance(&mut self, until: Timestamp) {
        while let Some(next) = self.timers().first().filter(|timer| timer.due <= until).copied() {
            let own = |timer: &&DueTimer| timer.id.instance == next.id.instance;
            let now = self.now.max(next.due);
            let together = self
                .timers()
                .iter()
                .filter(own)
                .filter(|timer| timer.due <= now)
                .count();
            self.is_open |= together > 1;
            self.now = now;
            let due = Input::TimerDue {
                number: next.id.number,
                routing: None,
            };
            let _ = self.input(next.id.instance, due);
        }
        self.now = self.now.max(until);
    }

    /// Decides, and does what follows.
    fn input(&mut self, instance: InstanceId, mut input: Input) -> Result<Vec<Record>, InstanceError> {
        let unknown = || InstanceError::UnknownInstance(instance.into());
        loop {
            let found = self.instances.get(&instance).ok_or_else(unknown)?;
            let state = &found.state;
            match decide(state, &input, &LIMITS, self.now)? {
                Decision::Records(records) => return self.commit(instance, records),
                Decision::Route { step, event, .. } => {
                    let name = name_in(&state.created().initial);
                    let answer = self.nature.transit(state.workflow(), &name, &step, &event);
                    input = input.routed(Routed { step, event, answer });
                }
            }
        }
    }

    fn commit(&mut self, instance: InstanceId, records: Vec<Record>) -> Result<Vec<Record>, InstanceError> {
        let before = self.instances[&instance].state.clone();
        if records.is_empty() {
            return Ok(records);
        }
        let (state, change) =
            advance(before, records.clone(), self.now).unwrap_or_else(|damage| unreachable!("{damage}"));
        if let Some(holder) = self.holder(&change.summary) {
            return Err(InstanceError::AlreadyRunning {
                business_id: holder.business_id,
                instance: holder.instance,
            });
        }
        if let Some(found) = self.instances.get_mut(&instance) {
            found.state = state;
            found.journal.extend(change.entries);
        }
        self.begin_ready(instance);
        Ok(records)
    }

    /// Steps that are ready are executed, from now on.
    fn begin_ready(&mut self, instance: InstanceId) {
        let now = self.now;
        let is_known = self.instances.contains_key(&instance);
        if self.is_down || !is_known {
            return;
        }
        self.announce(instance);
        let Some(Instance { state, begun, .. }) = self.instances.get_mut(&instance) else {
            return;
        };
        begun.retain(|step, (since, _)| {
            state.ready().any(|(ready, _)| ready == step) && state.ready_since(step) == *since
        });
        for (step, attempt) in state.ready() {
            let context = state.context(step);
            let running = Running {
                attempt,
                started_at: now,
                initial: context.initial.clone(),
                results: context.results.clone(),
                checkpoint: state.checkpoint(step).cloned(),
            };
            begun
                .entry(step.clone())
                .or_insert((state.ready_since(step), running));
        }
    }

    /// Attempts of steps that lost one before are recorded before they begin.
    fn announce(&mut self, instance: InstanceId) {
        let state = &self.instances[&instance].state;
        let ready = state.ready().filter(|(step, _)| state.must_announce(step));
        let announced: Vec<_> = ready.map(|(step, attempt)| (step.clone(), attempt)).collect();
        for (step, attempt) in announced {
            let Some(one) = self.instances.get_mut(&instance) else {
                return;
            };
            let since = one.state.ready_since(&step);
            let begins = Input::AttemptBegins { step, attempt, since };
            let Ok(Decision::Records(records)) = decide(&one.state, &begins, &LIMITS, self.now) else {
                unreachable!("it is ready");
            };
            let (state, change) = advance(one.state.clone(), records, self.now)
                .unwrap_or_else(|damage| unreachable!("{damage}"));
            one.state = state;
            one.journal.extend(change.entries);
        }
    }

    fn ask(&mut self, target: &InstanceRef, input: Input) -> Result<Vec<Record>, InstanceError> {
        let instance = self.locate(target)?;
        self.input(instance, input)
    }

    /// An id is believed; a name must be somebody's.
    fn locate(&self, target: &InstanceRef) -> Result<InstanceId, InstanceError> {
        let business_id = match target {
            InstanceRef::Id(instance) => return Ok(*instance),
            InstanceRef::Business(business_id) => business_id,
        };
        let named = self.summaries().filter(|one| one.business_id == *business_id);
        let mut named: Vec<Summary> = named.collect();
        named.reverse();
        let active = named.iter().filter(|one| !one.status.is_terminal());
        let active: Vec<InstanceId> = active.map(|one| one.instance).collect();
        match (&active[..], named.first()) {
            ([one], _) => Ok(*one),
            ([], Some(newest)) => Ok(newest.instance),
            ([], None) => Err(InstanceError::UnknownInstance(target.clone())),
            _ => Err(InstanceError::AmbiguousInstance {
                business_id: business_id.clone(),
                instances: active,
            }),
        }
    }

    fn found(&self, target: &InstanceRef) -> Result<&Instance, InstanceError> {
        let instance = self.locate(target)?;
        let found = self.instances.get(&instance);
        found.ok_or_else(|| InstanceError::UnknownInstance(target.clone()))
    }

    /// All summaries, the oldest instance first.
    fn summaries(&self) -> impl Iterator<Item = Summary> {
        self.instances.values().map(|one| Summary::of(&one.state))
    }

    pub(super) fn instances(&self) -> Vec<InstanceId> {
        self.instances.keys().copied().collect()
    }

    pub(super) fn with_status(&self, status: InstanceStatus) -> Vec<InstanceId> {
        let fitting = self
            .instances
            .iter()
            .filter(|(_, one)| one.state.status() == status);
        fitting.map(|(instance, _)| *instance).collect()
    }

    /// The steps that may still take this event.
    pub(super) fn accepting(&self, event: &EventName) -> Vec<(InstanceId, StepRef)> {
        let of = |(instance, one): (&InstanceId, &Instance)| -> Vec<(InstanceId, StepRef)> {
            let is_active = !one.state.status().is_terminal();
            let steps = one.state.workflow().definition().steps.iter();
            let accepting = steps.filter(|step| is_active && step.accepts.contains(event));
            let is_open = |step: &&StepDefinition| {
                let state = one.state.step(&step.name);
                state.is_some_and(|state| *state == StepState::Idle || state.is_active())
            };
            let open = accepting.filter(is_open);
            open.map(|step| (*instance, step.name.clone())).collect()
        };
        self.instances.iter().flat_map(of).collect()
    }

    /// The timers of `schedule_resume`.
    pub(super) fn scheduled(&self) -> Vec<TimerId> {
        let of = |(instance, one): (&InstanceId, &Instance)| -> Vec<TimerId> {
            let timers = one.state.timers().values();
            let scheduled = timers.filter(|timer| matches!(timer.purpose, TimerPurpose::Scheduled(_)));
            let id = |number| TimerId {
                instance: *instance,
                number,
            };
            scheduled.map(|timer| id(timer.number)).collect()
        };
        self.instances.iter().flat_map(of).collect()
    }

    pub(super) fn journals(&self) -> BTreeMap<InstanceId, Vec<JournalEntry>> {
        let all = self.instances.iter();
        all.map(|(instance, one)| (*instance, one.journal.clone()))
            .collect()
    }

    /// All timers, the earliest first.
    pub(super) fn timers(&self) -> Vec<DueTimer> {
        let of = |(instance, one): (&InstanceId, &Instance)| -> Vec<DueTimer> {
            let timers = one.state.timers().values();
            let id = |number| TimerId {
                instance: *instance,
                number,
            };
            timers
                .map(|timer| DueTimer {
                    due: timer.due,
                    id: id(timer.number),
                })
                .collect()
        };
        let mut timers: Vec<DueTimer> = self.instances.iter().flat_map(of).collect();
        timers.sort_unstable();
        timers
    }

    /// The steps that are executed.
    pub(super) fn ready(&self) -> Vec<(InstanceId, StepRef)> {
        self.running().into_keys().collect()
    }

    /// The attempts that are executed, and what each was told.
    pub(super) fn running(&self) -> BTreeMap<(InstanceId, StepRef), Running> {
        let mut running = BTreeMap::new();
        for (instance, one) in &self.instances {
            let begun = one.begun.iter();
            running.extend(begun.map(|(step, (_, told))| ((*instance, step.clone()), told.clone())));
        }
        running
    }
}
