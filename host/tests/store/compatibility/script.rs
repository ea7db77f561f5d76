//! What a golden database has in it: instances that the engine made, one commit for each thing that happened.
//!
//! The graph is part of the golden: a journal folds over the definition that it was made with.

use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::definition::{Backoff, RetryPolicy, Uniqueness, Workflow, WorkflowBuilder, step};
use hephaestus_core::engine::{
    Decision, EngineLimits, Failure, FailureKind, Input, InstanceState, InstanceStatus, NewInstance, Outcome,
    Receipt, Routed, SentEvent, advance, begin, create, decide,
};
use hephaestus_core::{BusinessValue, EventId, Json, Timestamp, WorkflowVersion};
use hephaestus_host::deploy::digest;
use hephaestus_host::store::{DeployAnswer, DeployedVersion, Store, Write, WriteAnswer};

use crate::support::{instance_id, request_id};

/// As they are called in the journal.
pub(crate) const ALL_RECORDS: [&str; 17] = [
    "created",
    "step_completed",
    "step_waiting",
    "attempt_failed",
    "step_failed",
    "step_ready",
    "checkpoint_saved",
    "attempt_began",
    "attempts_lost",
    "event_accepted",
    "event_undelivered",
    "timer_set",
    "timer_queued",
    "timer_cancelled",
    "cancelling",
    "retried",
    "ended",
];

/// The instance that waits for `approved`.
pub(crate) const ASKING: u64 = 3;

pub(crate) fn graph(version: u32) -> Arc<Workflow> {
    let pause = Duration::from_secs(1);
    let builder = WorkflowBuilder::new("orders", version)
        .business_key("orderid", Uniqueness::Workflow)
        .retry(RetryPolicy {
            max_attempts: 3,
            backoff: Backoff::Constant,
            initial: pause,
            cap: pause,
            jitter_percent: 0,
        })
        .deadline(Duration::from_secs(3_600))
        .on_cancel("tidy");
    let steps = [
        step("first")
            .emits("both", ["left", "right"])
            .emits("skip", ["done"]),
        step("left")
            .emits_dynamic("ok", ["ask", "skipped"])
            .failed(["skipped"]),
        step("right").emits("ok", ["ask"]),
        step("ask")
            .accepts("approved", ["last"])
            .accepts("timeout", ["last"]),
        step("skipped").emits("ok", ["done"]),
        step("last").emits("ok", ["done"]),
        step("tidy").emits("ok", []),
    ];
    let builder = steps.into_iter().fold(builder, WorkflowBuilder::step);
    Arc::new(builder.build().expect("a sound graph"))
}

/// Stores don't look into components.
pub(crate) fn component(version: u32) -> Vec<u8> {
    format!("the component of orders {version}").into_bytes()
}

pub(crate) fn deployed(version: u32) -> DeployedVersion {
    DeployedVersion {
        workflow: "orders".parse().expect("a workflow name"),
        version: WorkflowVersion(version),
        digest: digest(&component(version)),
        deployed_at: Timestamp(900 + u64::from(version)),
    }
}

pub(crate) fn sent(id: &str, event: &str) -> SentEvent {
    SentEvent {
        event_id: EventId::new(id).expect("an event id"),
        event: event.parse().expect("an event name"),
        step: None,
        payload: Some(Json::parse(r#"{"by":"me","note":"Grüße 🦀"}"#).expect("JSON")),
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An instance and its owner.
pub(crate) struct Run<'a> {
    store: &'a dyn Store,
    pub(crate) state: InstanceState,
    now: Timestamp,
}

impl<'a> Run<'a> {
    /// Creates the `n`th instance.
    async fn start(store: &'a dyn Store, n: u64, version: u32) -> Self {
        let workflow = graph(version);
        let now = Timestamp(1_000 * n);
        let request_id = (n % 2 == 1).then(|| request_id(&format!("request {n}")));
        let new = NewInstance {
            instance: instance_id(n),
            digest: deployed(version).digest,
            business_value: BusinessValue::new(&format!("n{n}")).expect("a business value"),
            request_id: request_id.clone(),
            initial: Json::parse(r#"{ "amount": 3.10, "items": [1, 2] }"#).expect("JSON"),
            deadline: None,
            metadata: [("traceparent".to_owned(), format!("00-{n}"))].into(),
        };
        let created = create(&workflow, new, now);
        let (state, change) = begin(workflow, created, now).expect("it begins");
        write(store, Write::Create { change, request_id }).await;
        Self { store, state, now }
    }

    /// Goes on with an instance that is stored.
    pub(crate) fn again(store: &'a dyn Store, state: InstanceState) -> Self {
        let now = Timestamp(state.updated_at().0 + 1);
        Self { store, state, now }
    }

    /// Decides and commits. Whoever is asked for a route goes to `ask`.
    pub(crate) async fn input(&mut self, input: Input) {
        self.now = Timestamp(self.now.0 + 10);
        let limits = EngineLimits::default();
        let mut decision = decide(&self.state, &input, &limits, self.now).expect("it is accepted");
        if let Decision::Route { step, event, .. } = decision {
            let answer = Ok(vec!["ask".parse().expect("a step ref")]);
            let routed = input.routed(Routed { step, event, answer });
            decision = decide(&self.state, &routed, &limits, self.now).expect("it is accepted");
        }
        let Decision::Records(records) = decision else {
            panic!("asked again: {decision:?}")
        };
        let expected_version = self.state.version();
        let (state, change) = advance(self.state.clone(), records, self.now).expect("it goes on");
        let instance = state.created().instance;
        self.state = state;
        let append = Write::Append {
            instance,
            expected_version,
            change,
        };
        write(self.store, append).await;
    }

    async fn attempt(&mut self, step: &str, outcome: Outcome) {
        let mut ready = self.state.ready();
        let found = ready.find(|(name, _)| name.as_str() == step);
        let attempt = found.expect("the step is ready").1;
        drop(ready);
        let receipt = Receipt {
            wall_us: 250,
            memory_bytes: 65_536,
            reused: attempt > 1,
            ..Receipt::nothing(self.now)
        };
        let input = Input::Attempt {
            step: step.parse().expect("a step ref"),
            attempt,
            outcome,
            receipt: Some(receipt),
            retry: None,
            routing: None,
        };
        self.input(input).await;
    }

    pub(crate) async fn emits(&mut self, step: &str, event: &str) {
        let outcome = Outcome::Completed {
            event: event.parse().expect("an event name"),
            result: Some(Json::parse(r#"{"total":12.50}"#).expect("JSON")),
            metadata: [("region".to_owned(), "north".to_owned())].into(),
        };
        self.attempt(step, outcome).await;
    }

    async fn fails(&mut self, step: &str, kind: FailureKind) {
        self.attempt(step, Outcome::Failed(Failure::new(kind, "boom")))
            .await;
    }

    async fn waits(&mut self, step: &str) {
        let resume_after = Some(ms(90_000));
        self.attempt(step, Outcome::Wait { resume_after }).await;
    }

    /// Only what lost an attempt before says so.
    async fn begins(&mut self, step: &str) {
        let step = step.parse().expect("a step ref");
        let attempt = self.state.attempts(&step).map_or(1, |attempts| attempts.last);
        let since = self.state.ready_since(&step);
        self.input(Input::AttemptBegins { step, attempt, since }).await;
    }

    async fn saves(&mut self, step: &str) {
        let step = step.parse().expect("a step ref");
        let since = self.state.ready_since(&step);
        let input = Input::Checkpoint {
            step,
            attempt: 1,
            since,
            value: Json::parse(r#"{"page":7}"#).expect("JSON"),
        };
        self.input(input).await;
    }

    async fn schedule(&mut self, delay: Duration) {
        let step = "ask".parse().expect("a step ref");
        self.input(Input::Schedule { step, delay }).await;
    }

    async fn due(&mut self, number: u32) {
        self.input(Input::TimerDue {
            number,
            routing: None,
        })
        .await;
    }

    /// To where `left` and `right` are ready, and an event for `ask` came early.
    async fn forks(&mut self) {
        self.emits("first", "both").await;
        self.saves("right").await;
        let event = sent(&format!("early {}", self.state.created().instance), "approved");
        self.input(Input::Event { event, routing: None }).await;
    }

    /// To where `ask` is ready.
    async fn joins(&mut self) {
        self.emits("first", "both").await;
        self.emits("left", "ok").await;
        self.emits("right", "ok").await;
    }

    /// To a failure, with siblings and timers that it stops.
    async fn breaks(&mut self) {
        self.forks().await;
        self.fails("left", FailureKind::Trap).await;
        self.due(2).await;
        self.input(Input::HostRestarted).await;
        self.begins("left").await;
        self.input(Input::HostRestarted).await;
        self.begins("right").await;
        self.input(Input::HostStops).await;
        self.schedule(ms(5_000)).await;
        self.schedule(ms(6_000)).await;
        self.input(Input::CancelTimer { number: 4 }).await;
        self.emits("left", "ok").await;
        self.due(3).await;
        self.fails("right", FailureKind::OutputLimit).await;
    }
}

async fn write(store: &dyn Store, write: Write) {
    assert_eq!(store.write(vec![write]).await, Ok(vec![WriteAnswer::Committed]));
}

/// Two versions, and instances in every status.
pub(crate) async fn write_all(store: &dyn Store) {
    for version in [1, 2] {
        let answer = store.deploy(deployed(version), component(version)).await;
        assert_eq!(answer, Ok(DeployAnswer::Deployed));
    }
    let pending = Run::start(store, 1, 1).await;
    assert_eq!(pending.state.status(), InstanceStatus::Pending);

    let mut running = Run::start(store, 2, 1).await;
    running.forks().await;
    assert_eq!(running.state.status(), InstanceStatus::Running);
    assert_eq!(running.state.inbox().count(), 1);

    let mut waiting = Run::start(store, ASKING, 1).await;
    waiting.joins().await;
    waiting.schedule(ms(60_000)).await;
    waiting.waits("ask").await;
    assert_eq!(waiting.state.status(), InstanceStatus::Waiting);
    assert_eq!(waiting.state.timers().len(), 3);

    let mut retrying = Run::start(store, 4, 2).await;
    retrying.forks().await;
    retrying.emits("right", "ok").await;
    retrying.fails("left", FailureKind::Trap).await;
    assert_eq!(retrying.state.status(), InstanceStatus::Waiting);

    let mut completed = Run::start(store, 5, 1).await;
    completed.joins().await;
    completed.waits("ask").await;
    completed.due(2).await;
    completed.emits("last", "ok").await;
    assert_eq!(completed.state.status(), InstanceStatus::Completed);

    let mut failed = Run::start(store, 6, 2).await;
    failed.breaks().await;
    assert_eq!(failed.state.status(), InstanceStatus::Failed);
    assert_eq!(failed.state.undelivered().count(), 1);

    let mut cancelled = Run::start(store, 7, 1).await;
    cancelled.breaks().await;
    cancelled.input(Input::Retry).await;
    let reason = Some("wrong address".to_owned());
    cancelled.input(Input::Cancel { reason }).await;
    cancelled.emits("tidy", "ok").await;
    assert_eq!(cancelled.state.status(), InstanceStatus::Cancelled);

    let mut skipped = Run::start(store, 8, 2).await;
    skipped.emits("first", "skip").await;
    assert_eq!(skipped.state.status(), InstanceStatus::Completed);
}
