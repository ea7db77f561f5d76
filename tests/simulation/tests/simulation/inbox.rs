//! What the audit says of an event that is kept from the step that waits for it.

use std::sync::Arc;

use hephaestus_core::definition::{Workflow, WorkflowBuilder, step};
use hephaestus_core::engine::{JournalEntry, NewInstance, Record, SentEvent, begin, create};
use hephaestus_core::{BusinessValue, Digest, EventId, InstanceId, Json, Timestamp};
use hephaestus_simulation::audit::Book;

#[test]
fn a_step_that_waits_for_what_is_in_the_inbox_is_found() {
    let builder = WorkflowBuilder::new("order", 1).step(step("approve").accepts("approved", ["done"]));
    let workflow = Arc::new(Workflow::new(builder.definition().unwrap()).unwrap());
    let instance: InstanceId = "0190f000-0000-7000-8000-000000000000".parse().unwrap();
    let new = NewInstance {
        instance,
        digest: Digest([0; 32]),
        business_value: BusinessValue::new("a1").unwrap(),
        request_id: None,
        initial: Json::empty_object(),
        deadline: None,
        metadata: std::collections::BTreeMap::new(),
    };
    let created = create(&workflow, new, Timestamp(1));
    let (_, change) = begin(Arc::clone(&workflow), created, Timestamp(1)).unwrap();
    let mut book = Book::open(workflow, &change.entries[0]).unwrap();
    let waiting = Record::StepWaiting {
        step: "approve".parse().unwrap(),
        attempt: 1,
        timer: None,
        receipt: None,
    };
    let sent = Record::EventAccepted(SentEvent {
        event_id: EventId::new("e1").unwrap(),
        event: "approved".parse().unwrap(),
        step: None,
        payload: None,
    });
    for (seq, record) in [(2, sent), (3, waiting)] {
        let at = Timestamp(2);
        book.add(&JournalEntry { seq, at, record }).unwrap();
    }
    assert!(book.check().unwrap_err().contains("in the inbox"));
}
