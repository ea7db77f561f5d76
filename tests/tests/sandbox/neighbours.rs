//! Good guests don't notice bad ones.

use std::time::{Duration, Instant};

use hephaestus_core::engine::FailureKind;
use hephaestus_host::runner::StepExecutor;

use crate::{attempt, failure, hostile, misdeed, result};

/// Four guests compute on two workers; a good one still gets its turn, many times over, and so do tokio's timers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_compute_leave_room_for_others() {
    let (executor, workflow) = hostile().await;
    let bad: Vec<_> = (0..4)
        .map(|_| {
            let mut sandbox = executor.sandbox(&workflow);
            let mut attempt = misdeed("spin");
            attempt.deadline = Some(Duration::from_secs(5));
            tokio::spawn(async move { sandbox.execute(attempt).await })
        })
        .collect();
    let good = tokio::spawn({
        let (executor, workflow) = (executor.clone(), workflow.clone());
        async move {
            let began = Instant::now();
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(1)).await;
                let report = executor.sandbox(&workflow).execute(attempt("after", "{}")).await;
                assert_eq!(result(&report), "1");
            }
            began.elapsed()
        }
    });
    let took = good.await.unwrap();
    assert!(
        bad.iter().all(|bad| !bad.is_finished()),
        "the bad ones were to run all the time"
    );
    assert!(took < Duration::from_secs(4), "ten short steps took {took:?}");
    for bad in bad {
        assert_eq!(failure(&bad.await.unwrap()).kind, FailureKind::Deadline);
    }
}

/// Every way to fail, at once, again and again, in one executor: a good guest's every step succeeds meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_fail_fail_alone() {
    let (executor, workflow) = hostile().await;
    let deeds = [
        "panic",
        "exit",
        "recurse",
        "hoard",
        "giant-result",
        "giant-log",
        "invalid-json",
        "error",
    ];
    let bad: Vec<_> = deeds
        .into_iter()
        .map(|deed| {
            let mut sandbox = executor.sandbox(&workflow);
            tokio::spawn(async move {
                for _ in 0..3 {
                    failure(&sandbox.execute(misdeed(deed)).await);
                }
            })
        })
        .collect();
    let mut good = executor.sandbox(&workflow);
    for call in 1..=100 {
        let report = good.execute(attempt("after", "{}")).await;
        assert_eq!(
            result(&report),
            call.to_string(),
            "the good guest lost its instance"
        );
        tokio::task::yield_now().await;
    }
    for bad in bad {
        bad.await.unwrap();
    }
}
