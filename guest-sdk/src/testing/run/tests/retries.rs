//! Attempts that fail: repeated by the policy, in virtual time; and what a test can let them come to.

use std::time::Duration;

use super::{ends, ends_with, passes, seconds, step, waits, workflow};
use crate::testing::{Attempt, FailureKind, TestRun};
use crate::{Event, Finished, Origin, Outcome, Retry, StepError, Workflow};

/// Of the step `ship`, and one that it doesn't declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Ok,
    Undeclared,
}

impl Event for Word {
    const ALL: &'static [Self] = &[Self::Ok, Self::Undeclared];

    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Undeclared => "undeclared",
        }
    }

    fn origin(self) -> Origin {
        Origin::Emitted
    }
}

/// `ship`, tried three times with a second between; when it fails for good, `refund`.
fn shipping() -> Workflow {
    let mut ship = passes("ship", &["done"]).leads("failed", &["refund"]);
    ship.retry = Some(Retry::constant(seconds(1)).attempts(3));
    workflow([ship, passes("refund", &["done"])])
}

fn busy() -> StepError {
    StepError::retryable("the carrier is busy")
}

#[test]
fn scripted_attempts_come_first_then_the_code() {
    let mut run = TestRun::of(shipping())
        .script_named("ship", [busy(), busy()])
        .start();
    assert!(run.is_waiting());
    assert_eq!(run.next_timer(), Some(seconds(1)));
    run.advance(Duration::from_millis(1_999));
    assert_eq!(run.step("ship").attempts(), 2);
    run.advance(Duration::from_millis(1));
    run.assert_completed();
    assert_eq!(run.step("ship").attempts(), 3);
    assert_eq!(run.path(), ["ship.ok"]);
}

#[test]
fn when_the_attempts_are_used_up_the_graph_compensates() {
    let mut run = TestRun::of(shipping()).stub_named("ship", |_| busy()).start();
    run.advance(seconds(10));
    run.assert_completed();
    assert_eq!(run.step("ship").attempts(), 3);
    assert_eq!(run.path(), ["ship.failed", "refund.ok"]);
    let failure = run.step("ship").failure().map(|failure| failure.message.clone());
    assert_eq!(failure.as_deref(), Some("the carrier is busy"));
}

#[test]
fn what_is_permanent_is_tried_once() {
    let run = TestRun::of(shipping())
        .stub_named("ship", |_| StepError::permanent("no carrier goes to Atlantis"))
        .start();
    assert_eq!(run.step("ship").attempts(), 1);
    assert_eq!(run.path(), ["ship.failed", "refund.ok"]);
}

#[test]
fn without_an_answer_in_the_graph_the_instance_fails_and_can_be_retried() {
    let mut run = TestRun::of(workflow([passes("ship", &["done"])]))
        .script_named("ship", [StepError::permanent("out of stamps")])
        .start();
    run.assert_failed(FailureKind::GuestError);
    let failure = run.failure().expect("a failure");
    assert_eq!(failure.step.as_ref().map(|step| step.as_str()), Some("ship"));
    run.retry();
    run.assert_completed();
    assert_eq!(run.path(), ["ship.failed", "ship.ok"]);
}

#[test]
fn a_panic_is_a_trap_and_tried_again() {
    let mut ship = step("ship", |ctx| {
        assert!(ctx.attempt() > 1, "not at the first attempt");
        ends("ok")
    })
    .emits("ok", &["done"]);
    ship.retry = Some(Retry::constant(seconds(1)));
    let mut run = TestRun::of(workflow([ship])).start();
    let failure = run.step("ship").failure().cloned().expect("a failure");
    assert_eq!(failure.kind, FailureKind::Trap);
    assert_eq!(failure.message, "panicked: not at the first attempt");
    run.advance(seconds(1));
    run.assert_completed();
}

#[test]
fn every_kind_of_failure_can_be_scripted() {
    let mut run = TestRun::of(shipping())
        .script_named(
            "ship",
            [
                Attempt::panics("index out of bounds"),
                Attempt::fails(FailureKind::Deadline, "no end after 5 s"),
                Attempt::fails(FailureKind::MemoryLimit, "asked for more than 128 MiB of memory"),
            ],
        )
        .start();
    run.advance(seconds(10));
    let failure = run.step("ship").failure().cloned().expect("a failure");
    assert_eq!(
        failure.kind,
        FailureKind::MemoryLimit,
        "the last one, which is permanent"
    );
    assert_eq!(run.path(), ["ship.failed", "refund.ok"]);
}

#[test]
fn a_stub_counts_reads_and_decides() {
    let mut calls = 0;
    let stub = move |ctx: &crate::Context| {
        calls += 1;
        assert_eq!(ctx.attempt(), calls);
        match calls {
            1 => Err(busy()),
            _ => Ok(Outcome::completed_with(Word::Ok, calls)),
        }
    };
    let mut run = TestRun::of(shipping()).stub_named("ship", stub).start();
    run.advance(seconds(1));
    assert_eq!(run.step("ship").result(), Some(2));
}

#[test]
fn a_step_can_be_scripted_to_wait() {
    let mut run = TestRun::of(workflow([waits("approve", &["done"])]))
        .script_named("approve", [Attempt::waits()])
        .start();
    run.send("go");
    run.assert_completed();

    let run = TestRun::of(workflow([waits("approve", &["done"])]))
        .script_named("approve", [Attempt::waits_at_most(seconds(1))])
        .start();
    run.assert_failed(FailureKind::OutputInvalid);
}

/// The assertion of a test must not turn into a trap that is tried again.
#[test]
#[should_panic(expected = "an assertion of the test")]
fn a_panic_of_a_stub_fails_the_test() {
    TestRun::of(shipping())
        .stub_named("ship", |_| -> Attempt { panic!("an assertion of the test") })
        .start();
}

#[test]
fn what_the_host_would_refuse_is_output_invalid() {
    let kind = |attempt: Attempt| {
        let run = TestRun::of(workflow([passes("ship", &["done"])]))
            .script_named("ship", [attempt])
            .start();
        run.failure().map(|failure| failure.failure.kind)
    };
    assert_eq!(kind(Attempt::ends(Word::Ok)), None);
    assert_eq!(
        kind(Attempt::ends(Word::Undeclared)),
        Some(FailureKind::OutputInvalid)
    );
    assert_eq!(kind(Attempt::ends(Finished)), Some(FailureKind::OutputInvalid));
    assert_eq!(kind(Attempt::waits()), Some(FailureKind::OutputInvalid));
    let deep = (0..200).fold(serde_json::Value::Null, |value, _| serde_json::json!([value]));
    assert_eq!(
        kind(Attempt::ends_with(Word::Ok, deep)),
        Some(FailureKind::OutputInvalid)
    );
    let long = "x".repeat(2 << 20);
    assert_eq!(
        kind(Attempt::ends_with(Word::Ok, long)),
        Some(FailureKind::OutputLimit)
    );
}

#[test]
fn an_attempt_goes_on_where_the_last_one_saved() {
    let mut count = step("count", |ctx| {
        let before: u32 = ctx.checkpoint()?.unwrap_or_default();
        ctx.save_checkpoint(&(before + 1))?;
        match before {
            2 => ends("ok"),
            _ => panic!("killed"),
        }
    })
    .emits("ok", &["done"]);
    count.retry = Some(Retry::constant(seconds(1)).attempts(5));
    let mut run = TestRun::of(workflow([count])).start();
    run.advance(seconds(10));
    run.assert_completed();
    assert_eq!(run.step("count").attempts(), 3);
    assert!(run.story().contains("count: saves 2"), "{}", run.story());
}

#[test]
fn a_checkpoint_that_is_too_long_fails_the_attempt() {
    let long = step("long", |ctx| {
        ctx.save_checkpoint(&"x".repeat(1 << 20))?;
        ends("ok")
    });
    let run = TestRun::of(workflow([long.emits("ok", &["done"])])).start();
    run.assert_failed(FailureKind::GuestError);
    let why = run.failure().expect("a failure").failure.message.clone();
    assert!(why.contains("hand large data over by reference"), "{why}");
}

#[test]
fn what_was_not_granted_is_of_its_own_kind() {
    let run = TestRun::of(workflow([passes("ship", &["done"])]))
        .script_named("ship", [StepError::denied("no secret")])
        .start();
    run.assert_failed(FailureKind::CapabilityDenied);
}

/// The host's default policy: three attempts, about one and two seconds apart, the same in every run.
#[test]
fn without_a_policy_the_hosts_default_applies() {
    let story = || {
        let mut flow = workflow([step("ship", |_| Err(busy())).emits("ok", &["done"])]);
        flow.retry = None;
        let mut run = TestRun::of(flow).start();
        let first = run.advance_to_next_timer().expect("a pause");
        assert!(
            first.abs_diff(seconds(1)) <= Duration::from_millis(201),
            "{first:?}"
        );
        let second = run.advance_to_next_timer().expect("a pause");
        assert!(
            second.abs_diff(seconds(2)) <= Duration::from_millis(401),
            "{second:?}"
        );
        run.assert_failed(FailureKind::GuestError);
        run.story()
    };
    assert_eq!(story(), story());
}

#[test]
fn what_attempts_log_is_kept_by_step() {
    let ship = step("ship", |ctx| {
        ctx.info("tried", &[("attempt", &ctx.attempt())]);
        match ctx.attempt() {
            1 => Err(busy()),
            attempt => ends_with("ok", attempt),
        }
    });
    let mut flow = workflow([ship.emits("ok", &["refund"]), passes("refund", &["done"])]);
    flow.steps[0].retry = Some(Retry::constant(seconds(1)));
    let mut run = TestRun::of(flow).start();
    run.advance(seconds(1));
    let told: Vec<&str> = run
        .step("ship")
        .logs()
        .iter()
        .map(|line| line.fields[0].1.as_str())
        .collect();
    assert_eq!(told, ["1", "2"]);
    assert!(run.step("refund").logs().is_empty());
}
