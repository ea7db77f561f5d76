//! The same, by the types of the language that workflows are written in.

use super::seconds;
use crate::testing::{Attempt, Delivery, TestRun};
use crate::{Finished, Outcome, ResultOf, StepError, StepResult, events, step, workflow};

#[events]
enum Payment {
    Charged,
    Declined,
}

#[events(accepts)]
enum Approval {
    Approved,
    Rejected,
    Timeout,
}

#[step]
fn charge() -> Outcome<Payment, u32> {
    Payment::Charged.with(7)
}

#[step]
fn approve() -> Outcome<Approval, String> {
    Outcome::wait_at_most(seconds(60))
}

#[step]
fn ship(ResultOf(paid): ResultOf<charge>) -> StepResult<Finished, u32> {
    Ok(Finished.with(paid))
}

#[step]
fn refund() -> Finished {
    Finished
}

workflow! {
    /// A small order.
    order v1 {
        charge => { Charged => approve, Declined => done }
        approve => { Approved => ship, Rejected => refund, Timeout => refund }
        #[retry(constant = "1s", attempts = 2)]
        ship => { Finished => done, failed => refund }
        refund when settled => done,
    }
}

#[test]
fn results_and_events_have_their_types() {
    let mut run = TestRun::of(order()).start();
    let delivery = run.send_with(Approval::Approved, "fine");
    assert_eq!(delivery, Delivery::Taken { by: "approve".into() });
    run.assert_completed();
    assert_eq!(run.event_of::<charge>(), Some(Payment::Charged));
    assert_eq!(run.event_of::<approve>(), Some(Approval::Approved));
    assert_eq!(run.result_of::<approve>().as_deref(), Some("fine"));
    assert_eq!(run.result_of::<ship>(), Some(7));
    assert_eq!(run.event_of::<refund>(), None);
    assert!(!run.step_of::<refund>().has_run());
}

#[test]
fn stubs_have_the_types_of_their_steps() {
    let mut run = TestRun::of(order())
        .stub::<charge>(|_| Ok(Payment::Charged.with(8)))
        .stub::<ship>(|_| Err(StepError::retryable("busy")))
        .start();
    run.send(Approval::Approved);
    run.advance(seconds(1));
    assert_eq!(
        run.path(),
        [
            "charge.charged",
            "approve.approved",
            "ship.failed",
            "refund.finished"
        ]
    );
    assert_eq!(run.event_of::<ship>(), None);
    assert_eq!(run.result_of::<charge>(), Some(8));
}

#[test]
fn scripts_are_for_a_step() {
    let run = TestRun::of(order())
        .script::<charge>([Attempt::ends(Payment::Declined)])
        .start();
    assert_eq!(run.path(), ["charge.declined"]);

    let mut run = TestRun::of(order()).start();
    run.advance(seconds(60));
    assert_eq!(run.event_of::<approve>(), Some(Approval::Timeout));
    let run = TestRun::of(order())
        .script::<approve>([StepError::permanent("nobody there")])
        .start();
    assert!(run.is_failed());
}
