//! Goldens of what each kind of entry says.

use expect_test::{Expect, expect};
use hephaestus_host::core::engine::{FailureKind, InstanceFailure};

use super::*;
use crate::output::fixtures::{
    self, Journal, START, accepted, attempt_failed, completed, created, ended, event, resumed, step, waits,
};

fn told(journal: Journal, with_receipts: bool) -> String {
    let mut story = Story::new(with_receipts);
    let mut text = String::new();
    for entry in journal.entries() {
        let told = story.tell(&entry);
        text += &format!("{}\n", told.text);
        for detail in told.details {
            text += &format!("    {detail}\n");
        }
    }
    text
}

fn check(journal: Journal, expected: Expect) {
    expected.assert_eq(&told(journal, false));
}

fn journal() -> Journal {
    Journal::default().at(0, created())
}

#[test]
fn an_order_from_its_beginning_to_its_end() {
    let journal = Journal {
        entries: fixtures::completed_order(),
    };
    check(
        journal,
        expect![[r#"
        started; `validate` is next
            input {"sku": "anvil"}
        `validate` ended with `valid`; next: `reserve`, `charge`; not needed any more: `reject`
            result {"total_cents": 12000}
        `reserve` ended with `reserved`
        `charge` ended with `charged`; next: `approve`
            result {"payment": "p-77", "lines": [1, 2]}
        `approve` waits for an event; it times out in 1 d, at 2026-01-02 00:00:00 UTC
        the event `approved` was accepted
        `approve` ended with `approved`, which was sent; it had waited 3.1 s; next: `ship`; not needed any more: `refund`, `release`
        its host had ended; what may have been running runs again: `ship`
        attempt 1 of `ship` failed; the next one comes 200 ms later
            guest-error: the carrier did not answer within the two seconds that it was given, which happens on Mondays
        attempt 2 of `ship` is next: its pause is over
        `ship` ended with `shipped`
            result {"tracking": "T-1"}
        completed after 3.3 s
    "#]],
    );
}

#[test]
fn receipts_are_told_when_asked_for() {
    let journal = Journal {
        entries: fixtures::waiting_order(),
    };
    expect![[r#"
        started; `validate` is next
            input {"sku": "anvil"}
        `validate` ended with `valid`; next: `reserve`, `charge`; not needed any more: `reject`
            result {"total_cents": 12000}
            attempt 1 took 1.2 ms and 1.1 MiB of memory, in a fresh sandbox
        `reserve` ended with `reserved`
            attempt 1 took 880 µs and 1.1 MiB of memory, in a fresh sandbox
        `charge` ended with `charged`; next: `approve`
            result {"payment": "p-77", "lines": [1, 2]}
            attempt 1 took 412 µs and 1.1 MiB of memory, in a fresh sandbox
        `approve` waits for an event; it times out in 1 d, at 2026-01-02 00:00:00 UTC
            attempt 1 took 700 µs and 1.1 MiB of memory, in a fresh sandbox
    "#]]
    .assert_eq(&told(journal, true));
}

#[test]
fn failures_say_why_and_what_follows() {
    let failure = |message: &str| Failure::new(FailureKind::Trap, message);
    let fails = |advance| Record::StepFailed {
        step: step("ship"),
        attempt: 4,
        failure: failure("unreachable\n\u{1b}[31min ship"),
        advance,
        receipt: None,
    };
    let advance = Advance {
        ready: vec![step("refund")],
        dead: vec![step("invoice")],
    };
    let deadline = InstanceFailure {
        step: None,
        failure: Failure::new(FailureKind::Deadline, "it had 5 min"),
    };
    check(
        journal()
            .at(1, attempt_failed("ship", 1, "the carrier is busy", 201))
            .at(2, fails(Some(advance)))
            .at(3, fails(None))
            .at(
                4,
                ended(
                    EndStatus::Failed,
                    Some(fixtures::shipping_failure()),
                    &["pack", "done"],
                ),
            )
            .at(5, ended(EndStatus::Failed, Some(deadline), &[])),
        expect![[r#"
            started; `validate` is next
                input {"sku": "anvil"}
            attempt 1 of `ship` failed; the next one comes 200 ms later
                guest-error: the carrier is busy
            `ship` failed for good at attempt 4; next: `refund`; not needed any more: `invoice`
                trap: unreachable / �[31min ship
            `ship` failed for good at attempt 4; nothing in the graph follows on that
                trap: unreachable / �[31min ship
            failed after 4.0 ms; stopped: `pack`
            failed after 5.0 ms
                deadline: it had 5 min
        "#]],
    );
}

#[test]
fn timers_have_their_own_words() {
    let set = |purpose| {
        Record::TimerSet(Timer {
            number: 7,
            due: Timestamp(START.0 + 60_001),
            purpose,
        })
    };
    check(
        journal()
            .at(1, set(TimerPurpose::Scheduled(step("approve"))))
            .at(2, Record::TimerQueued { number: 7 })
            .at(3, Record::TimerCancelled { number: 7 })
            .at(4, waits("approve", 60_004))
            .at(
                60_004,
                resumed("approve", "timeout", Cause::Timer(1), &["expire"], &["ship"]),
            ),
        expect![[r#"
            started; `validate` is next
                input {"sku": "anvil"}
            the timer 7 was set: it sends `timeout` to `approve` in 1 min, at 2026-01-01 00:01:00 UTC
            the timer 7 of `approve` came due before its step waits; it is kept
            the timer 7 of `approve` was cancelled
            `approve` waits for an event; it times out in 1 min, at 2026-01-01 00:01:00 UTC
            `approve` ended with `timeout` by its timer; it had waited 1 min; next: `expire`; not needed any more: `ship`
        "#]],
    );
}

#[test]
fn events_that_nobody_took_keep_their_names() {
    let event_id = || EventId::new("e1").expect("an id");
    let sent = Record::EventAccepted(SentEvent {
        event_id: EventId::new("e2").expect("an id"),
        event: event("rejected"),
        step: Some(step("approve")),
        payload: Some(Json::parse(r#"{"by":"kim"}"#).expect("JSON")),
    });
    check(
        journal()
            .at(1, accepted("approved"))
            .at(2, sent)
            .at(3, Record::EventUndelivered { event_id: event_id() })
            .at(
                4,
                Record::Retried {
                    ready: vec![step("ship")],
                    resumed: vec![step("approve"), step("pack")],
                    events: vec![event_id()],
                },
            ),
        expect![[r#"
            started; `validate` is next
                input {"sku": "anvil"}
            the event `approved` was accepted
            the event `rejected` for `approve` was accepted
                payload {"by": "kim"}
            no step took the event `approved`
            an operator let it try again; next: `ship`; `approve`, `pack` wait or pause on as before; kept again: `approved`
        "#]],
    );
}

#[test]
fn operators_are_told_apart_from_the_graph() {
    let cancelling = Record::Cancelling {
        reason: Some("the customer\nchanged her mind".to_owned()),
        stopped: vec![step("approve")],
        cleanup: step("undo"),
    };
    let cancelled = Record::Ended(Ended {
        status: EndStatus::Cancelled,
        failure: None,
        reason: Some("by mistake".to_owned()),
        stopped: vec![step("approve"), step("done")],
    });
    check(
        journal()
            .at(1, cancelling)
            .at(2, completed("undo", "undone", 10, None, &["done"], &[]))
            .at(3, cancelled),
        expect![[r#"
            started; `validate` is next
                input {"sku": "anvil"}
            an operator cancelled it; stopped: `approve`; `undo` cleans up
                reason: the customer / changed her mind
            `undo` ended with `undone`
            cancelled after 3.0 ms; stopped: `approve`
                reason: by mistake
        "#]],
    );
}

#[test]
fn all_that_a_start_can_bring_is_told() {
    let Record::Created(mut start) = created() else {
        panic!("a creation");
    };
    start.request_id = Some("req-1".parse().expect("an id"));
    start.metadata.insert("trace".to_owned(), "t\u{1b}1".to_owned());
    start.deadline = Some(Timer {
        number: 1,
        due: Timestamp(START.0 + 300_000),
        purpose: TimerPurpose::Deadline,
    });
    start.initial = Json::parse(&format!(r#"{{"text": "{}"}}"#, "x".repeat(1_000))).expect("JSON");
    let text = told(Journal::default().at(0, Record::Created(start)), false);
    expect![[r#"
        started; `validate` is next; it must end within 5 min, by 2026-01-01 00:05:00 UTC
            input {"text": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
            request req-1
            trace=t�1
    "#]].assert_eq(&text);
}
