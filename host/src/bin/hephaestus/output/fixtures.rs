//! An order that has seen everything, for the tests of what is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_host::core::engine::{
    Advance, Cause, Created, EndStatus, Ended, Failure, FailureKind, InstanceFailure, InstanceStatus,
    JournalEntry, Receipt, Record, SentEvent, StepCompleted, Timer, TimerPurpose,
};
use hephaestus_host::core::{
    BusinessValue, Digest, EventId, EventName, InstanceId, Json, StepRef, Timestamp, WorkflowName,
    WorkflowVersion,
};

use crate::report::{Report, Timeline, WaitingStep, untaken_events};
use crate::resolved::StoreChoice;

pub(crate) const START: Timestamp = Timestamp(1_767_225_600_000);

pub(crate) fn step(name: &str) -> StepRef {
    StepRef::new(name).expect("a step")
}

pub(crate) fn event(name: &str) -> EventName {
    EventName::new(name).expect("an event")
}

fn json(text: &str) -> Json {
    Json::parse(text).expect("JSON")
}

/// A journal that is written one record at a time.
#[derive(Default)]
pub(crate) struct Journal {
    pub(crate) entries: Vec<JournalEntry>,
}

impl Journal {
    pub(crate) fn at(mut self, millis: u64, record: Record) -> Self {
        let seq = self.entries.len() as u64 + 1;
        let at = Timestamp(START.0 + millis);
        self.entries.push(JournalEntry { seq, at, record });
        self
    }

    pub(crate) fn entries(self) -> Vec<JournalEntry> {
        self.entries
    }
}

pub(crate) fn receipt(wall_us: u64) -> Option<Receipt> {
    Some(Receipt {
        wall_us,
        memory_bytes: 1_114_112,
        ..Receipt::nothing(START)
    })
}

pub(crate) fn created() -> Record {
    Record::Created(Created {
        instance: instance(),
        workflow: WorkflowName::new("order-flow").expect("a name"),
        version: WorkflowVersion(1),
        digest: Digest([0xab; 32]),
        business_id: "orderid::a1".parse().expect("a business id"),
        request_id: None,
        initial: json(r#"{"sku": "anvil"}"#),
        deadline: None,
        metadata: BTreeMap::new(),
        start: step("validate"),
    })
}

pub(crate) fn instance() -> InstanceId {
    "01975c8e-0000-7000-8000-000000000001"
        .parse()
        .expect("an instance id")
}

pub(crate) fn completed(
    name: &str,
    with: &str,
    wall_us: u64,
    result: Option<&str>,
    ready: &[&str],
    dead: &[&str],
) -> Record {
    Record::StepCompleted(StepCompleted {
        step: step(name),
        attempt: 1,
        event: event(with),
        cause: Cause::Emitted,
        result: result.map(json),
        metadata: BTreeMap::new(),
        chosen: None,
        advance: advance(ready, dead),
        receipt: receipt(wall_us),
    })
}

pub(crate) fn resumed(name: &str, with: &str, cause: Cause, ready: &[&str], dead: &[&str]) -> Record {
    Record::StepCompleted(StepCompleted {
        step: step(name),
        attempt: 1,
        event: event(with),
        cause,
        result: None,
        metadata: BTreeMap::new(),
        chosen: None,
        advance: advance(ready, dead),
        receipt: None,
    })
}

fn advance(ready: &[&str], dead: &[&str]) -> Advance {
    Advance {
        ready: ready.iter().map(|name| step(name)).collect(),
        dead: dead.iter().map(|name| step(name)).collect(),
    }
}

pub(crate) fn waits(name: &str, due_in_ms: u64) -> Record {
    Record::StepWaiting {
        step: step(name),
        attempt: 1,
        timer: Some(Timer {
            number: 1,
            due: Timestamp(START.0 + due_in_ms),
            purpose: TimerPurpose::Wait(step(name)),
        }),
        receipt: receipt(700),
    }
}

pub(crate) fn attempt_failed(name: &str, attempt: u32, message: &str, due_in_ms: u64) -> Record {
    Record::AttemptFailed {
        step: step(name),
        attempt,
        failure: Failure::new(FailureKind::GuestError, message),
        retry: Timer {
            number: 1 + attempt,
            due: Timestamp(START.0 + due_in_ms),
            purpose: TimerPurpose::Retry(step(name)),
        },
        receipt: receipt(1_100),
    }
}

pub(crate) fn ended(status: EndStatus, failure: Option<InstanceFailure>, stopped: &[&str]) -> Record {
    Record::Ended(Ended {
        status,
        failure,
        reason: None,
        stopped: stopped.iter().map(|name| step(name)).collect(),
    })
}

fn until_approval() -> Journal {
    Journal::default()
        .at(0, created())
        .at(
            3,
            completed(
                "validate",
                "valid",
                1_210,
                Some(r#"{"total_cents": 12000}"#),
                &["reserve", "charge"],
                &["reject"],
            ),
        )
        .at(5, completed("reserve", "reserved", 880, None, &[], &[]))
        .at(
            6,
            completed(
                "charge",
                "charged",
                412,
                Some(r#"{"payment": "p-77", "lines": [1, 2]}"#),
                &["approve"],
                &[],
            ),
        )
        .at(8, waits("approve", 86_400_008))
}

pub(crate) fn accepted(name: &str) -> Record {
    Record::EventAccepted(SentEvent {
        event_id: EventId::new("e1").expect("an id"),
        event: event(name),
        step: None,
        payload: None,
    })
}

fn until_shipping() -> Journal {
    let sent = Cause::Sent(EventId::new("e1").expect("an id"));
    until_approval()
        .at(3_108, accepted("approved"))
        .at(3_108, resumed("approve", "approved", sent, &["ship"], &["refund", "release"]))
        .at(3_110, Record::AttemptsLost { steps: vec![step("ship")], uncounted: vec![step("ship")], shutdown: false })
        .at(3_112, attempt_failed("ship", 1, "the carrier did not answer within the two seconds that it was given, which happens on Mondays", 3_312))
        .at(3_312, Record::StepReady { step: step("ship"), attempt: 2 })
}

pub(crate) fn completed_order() -> Vec<JournalEntry> {
    until_shipping()
        .at(
            3_320,
            completed(
                "ship",
                "shipped",
                2_000,
                Some("{\"tracking\": \"T-1\"}"),
                &["done"],
                &[],
            ),
        )
        .at(3_320, ended(EndStatus::Completed, None, &[]))
        .entries()
}

pub(crate) fn waiting_order() -> Vec<JournalEntry> {
    until_approval().entries()
}

pub(crate) fn shipping_failure() -> InstanceFailure {
    InstanceFailure {
        step: Some(step("ship")),
        failure: Failure::new(
            FailureKind::Trap,
            "wasm trap: unreachable\n\u{1b}[31min ship::execute",
        ),
    }
}

pub(crate) fn failed_order() -> Vec<JournalEntry> {
    until_shipping()
        .at(
            3_320,
            Record::StepFailed {
                step: step("ship"),
                attempt: 2,
                failure: shipping_failure().failure,
                advance: None,
                receipt: receipt(2_000),
            },
        )
        .at(3_320, ended(EndStatus::Failed, Some(shipping_failure()), &[]))
        .entries()
}

/// How an instance with this journal began.
pub(crate) fn created_of(history: &[JournalEntry]) -> Created {
    match history.first().map(|entry| entry.record.clone()) {
        Some(Record::Created(created)) => created,
        _ => panic!("a journal begins with its creation"),
    }
}

/// The report of one of these journals.
pub(crate) fn report(history: Vec<JournalEntry>, status: InstanceStatus) -> Report {
    let created = created_of(&history);
    let timeline = Timeline::of(&history);
    let results = history
        .iter()
        .filter_map(|entry| match &entry.record {
            Record::StepCompleted(done) => Some((done.step.clone(), done.result.clone()?)),
            _ => None,
        })
        .collect();
    let is_waiting = status == InstanceStatus::Waiting;
    Report {
        instance: created.instance,
        id: BusinessValue::new("a1").expect("a value").to_string(),
        business_id: created.business_id,
        workflow: created.workflow,
        version: created.version,
        digest: created.digest,
        status,
        took: Duration::from_millis(3_320),
        results,
        steps: timeline.steps,
        not_needed: timeline.dead,
        failure: (status == InstanceStatus::Failed).then(shipping_failure),
        cancel_reason: None,
        waiting_for: if is_waiting { vec![approval()] } else { Vec::new() },
        untaken_events: untaken_events(&history),
        history,
        store: StoreChoice::Sqlite("orders.db".into()),
    }
}

pub(crate) fn approval() -> WaitingStep {
    WaitingStep {
        step: step("approve"),
        events: vec![event("approved"), event("rejected")],
        since: Timestamp(START.0 + 8),
        timeout_due: Some(Timestamp(START.0 + 86_400_008)),
    }
}
