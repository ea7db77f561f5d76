//! When an attempt may find the guest instance of the one before it.

use hephaestus_core::engine::Outcome;
use hephaestus_host::runner::{Attempt, Sandbox, StepExecutor};
use hephaestus_host::sandbox::SandboxOptions;

use crate::{attempt, failure, hostile, hostile_with, misdeed, options, result, texts};

/// How often the guest instance that runs this attempt was called, and what the receipt says.
async fn calls(sandbox: &mut Box<dyn Sandbox>, attempt: Attempt) -> (String, bool) {
    let report = sandbox.execute(attempt).await;
    (result(&report), report.receipt.reused)
}

fn after() -> Attempt {
    attempt("after", "{}")
}

fn fresh() -> (String, bool) {
    ("1".into(), false)
}

#[tokio::test]
async fn consecutive_attempts_share_a_guest() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(calls(&mut sandbox, after()).await, fresh());
    assert_eq!(calls(&mut sandbox, after()).await, ("2".into(), true));
    let mut neighbour = executor.sandbox(&workflow);
    assert_eq!(
        calls(&mut neighbour, after()).await,
        fresh(),
        "another sandbox has its own"
    );
    assert_eq!(calls(&mut sandbox, after()).await, ("3".into(), true));
}

#[tokio::test]
async fn an_error_of_the_step_is_a_clean_return() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    failure(&sandbox.execute(misdeed("error")).await);
    assert_eq!(calls(&mut sandbox, after()).await, ("2".into(), true));
}

#[tokio::test]
async fn a_retry_gets_a_fresh_guest() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(calls(&mut sandbox, after()).await, fresh());
    let retry = Attempt {
        attempt: 2,
        ..after()
    };
    assert_eq!(calls(&mut sandbox, retry).await, fresh());
}

#[tokio::test]
async fn a_guest_that_went_wrong_is_not_used_again() {
    let (executor, workflow) = hostile().await;
    for deed in [
        "panic",
        "exit",
        "spin",
        "sleep",
        "hoard",
        "giant-result",
        "large-result",
        "invalid-json",
    ] {
        let mut sandbox = executor.sandbox(&workflow);
        assert_eq!(calls(&mut sandbox, after()).await, fresh());
        let report = sandbox.execute(misdeed(deed)).await;
        failure(&report);
        assert!(report.receipt.reused, "{deed}");
        assert_eq!(calls(&mut sandbox, after()).await, fresh(), "after {deed}");
    }
}

#[tokio::test]
async fn an_abandoned_call_takes_its_guest_with_it() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(calls(&mut sandbox, after()).await, fresh());
    let sleep = sandbox.execute(misdeed("sleep"));
    assert!(
        tokio::time::timeout(std::time::Duration::from_millis(20), sleep)
            .await
            .is_err()
    );
    assert_eq!(calls(&mut sandbox, after()).await, fresh());
}

#[tokio::test]
async fn reuse_can_be_forbidden() {
    let mut options = options();
    options.reuse = false;
    let (executor, workflow) = hostile_with(options).await;
    let mut sandbox = executor.sandbox(&workflow);
    for _ in 0..3 {
        assert_eq!(calls(&mut sandbox, after()).await, fresh());
    }
}

#[tokio::test]
async fn output_stays_with_its_attempt() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(
        texts(&sandbox.execute(misdeed("whisper")).await.output),
        ["logged", "out", "err"]
    );
    let next = sandbox.execute(after()).await;
    assert!(next.receipt.reused && next.output.is_empty(), "{next:?}");
}

#[tokio::test]
async fn transit_runs_in_a_world_of_its_own() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(calls(&mut sandbox, after()).await, fresh());
    sandbox
        .transit(attempt("act", "{}"), &"chosen".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(calls(&mut sandbox, after()).await, ("2".into(), true));
}

fn one_slot() -> SandboxOptions {
    let mut options = options();
    options.slots = 1;
    options
}

#[tokio::test]
async fn a_resting_guest_gives_way_to_one_that_waits() {
    let (executor, workflow) = hostile_with(one_slot()).await;
    let (mut first, mut second) = (executor.sandbox(&workflow), executor.sandbox(&workflow));
    assert_eq!(calls(&mut first, after()).await, fresh());
    assert_eq!(
        calls(&mut second, after()).await,
        fresh(),
        "the only slot was at rest"
    );
    assert_eq!(calls(&mut first, after()).await, fresh(), "it had to give way");
    drop(first);
    assert_eq!(calls(&mut second, after()).await, fresh());
    assert_eq!(calls(&mut second, after()).await, ("2".into(), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sandboxes_share_few_slots() {
    let mut options = one_slot();
    options.slots = 2;
    options.limits.deadline = std::time::Duration::from_secs(30);
    let (executor, workflow) = hostile_with(options).await;
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let mut sandbox = executor.sandbox(&workflow);
            tokio::spawn(async move {
                for _ in 0..10 {
                    let report = sandbox.execute(after()).await;
                    assert!(matches!(report.outcome, Outcome::Completed { .. }), "{report:?}");
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for one in crowd {
        one.await.unwrap();
    }
}

/// What an attempt comes to doesn't depend on whether its guest served another step before.
#[tokio::test]
async fn deeds_come_to_the_same_in_a_guest_that_was_used_before() {
    let deeds = [
        "panic",
        "exit",
        "recurse",
        "hoard",
        "spin",
        "sleep",
        "giant-result",
        "giant-log",
        "large-result",
        "invalid-json",
        "bad-event",
        "error",
        "retryable-error",
        "choose",
        "look-around",
        "read-context",
        "env",
        "time",
        "wait",
    ];
    let (reusing, workflow) = hostile().await;
    let mut alone = options();
    alone.reuse = false;
    let (fresh, same) = hostile_with(alone).await;
    for deed in deeds {
        let mut used = reusing.sandbox(&workflow);
        result(&used.execute(after()).await);
        let used = used.execute(misdeed(deed)).await;
        let fresh = fresh.sandbox(&same).execute(misdeed(deed)).await;
        assert!(used.receipt.reused && !fresh.receipt.reused, "{deed}");
        assert_eq!(used.outcome, fresh.outcome, "{deed}");
        assert_eq!(texts(&used.output), texts(&fresh.output), "{deed}");
    }
}
