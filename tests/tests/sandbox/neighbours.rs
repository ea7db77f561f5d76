//! Good guests don't notice bad ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hephaestus_core::engine::FailureKind;
use hephaestus_host::runner::{LoadedWorkflow, StepExecutor};
use hephaestus_host::sandbox::WasmExecutor;

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

/// As many hostile guests as cores compute, flood the host with calls, and allocate: the 99th percentile of a good
/// neighbour's steps stays within twice its quiet value and two epoch ticks, and memory comes back.
///
/// Other programs on the machine disturb one half and not the other, so there are several rounds, and one is enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_hardly_notices() {
    const ROUNDS: usize = 6;
    let (executor, workflow) = hostile().await;
    // Fills caches and pools: what they hold is no leak.
    loud(&executor, &workflow).await;
    let before = resident_bytes();
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        let quiet = p99(&executor, &workflow).await;
        let loud = loud(&executor, &workflow).await;
        let bound = 2 * quiet + 2 * Duration::from_millis(10);
        println!("quiet {quiet:?}, loud {loud:?}, bound {bound:?}");
        if loud <= bound {
            let after = resident_bytes();
            assert!(
                after <= before + (48 << 20),
                "{before} bytes were resident before, {after} after"
            );
            return;
        }
        told.push((quiet, loud));
    }
    panic!("beyond twice the quiet value and 20 ms in each round: {told:?}");
}

/// The 99th percentile while hostile guests, as many as there are workers, do their worst.
async fn loud(executor: &WasmExecutor, workflow: &LoadedWorkflow) -> Duration {
    let stop = Arc::new(AtomicBool::new(false));
    let bad: Vec<_> = ["spin", "storm"]
        .into_iter()
        .map(|deed| {
            let (executor, workflow, stop) = (executor.clone(), workflow.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let mut attempt = misdeed(deed);
                    attempt.deadline = Some(Duration::from_millis(500));
                    executor.sandbox(&workflow).execute(attempt).await;
                    executor.sandbox(&workflow).execute(misdeed("hoard")).await;
                }
            })
        })
        .collect();
    let p99 = p99(executor, workflow).await;
    stop.store(true, Ordering::Relaxed);
    for bad in bad {
        bad.await.expect("it doesn't panic");
    }
    p99
}

/// Of 300 steps of a good guest, each a task of its own, as instances are.
async fn p99(executor: &WasmExecutor, workflow: &LoadedWorkflow) -> Duration {
    let mut took = Vec::new();
    for _ in 0..300 {
        let mut sandbox = executor.sandbox(workflow);
        let began = Instant::now();
        let step = tokio::spawn(async move { sandbox.execute(attempt("after", "{}")).await });
        assert_eq!(result(&step.await.expect("it doesn't panic")), "1");
        took.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: u64| pages * 4096)
}
