//! What receipts say. The guest is `tests/guests/hostile`.

use std::path::Path;
use std::time::Duration;

use hephaestus_core::Json;
use hephaestus_core::engine::{FailureKind, HostCalls};
use hephaestus_host::deploy::Manifest;
use hephaestus_host::runner::StepExecutor;

use crate::{attempt, commit, failure, hostile, hostile_with, misdeed, options, result};

#[tokio::test]
async fn calls_are_counted_by_kind() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    let receipt = sandbox.execute(misdeed("choose")).await.receipt;
    let quiet = receipt.host_calls;
    let report = sandbox.execute(misdeed("whisper")).await;
    let calls = report.receipt.host_calls;
    assert_eq!(calls.log, 1);
    assert_eq!(calls.context, 1, "its input");
    assert!(calls.wasi > quiet.wasi, "it printed: {calls:?}, {quiet:?}");
    let report = sandbox.execute(misdeed("read-context")).await;
    let calls = report.receipt.host_calls;
    assert_eq!((calls.context, calls.log), (10, 0), "counted afresh: {calls:?}");
    assert_eq!(calls.total(), calls.context + calls.wasi);
}

#[tokio::test]
async fn bytes_are_those_that_are_kept_or_handed_over() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    let deed = misdeed("whisper");
    let receipt = sandbox.execute(deed.clone()).await.receipt;
    assert_eq!(receipt.bytes_in, deed.context.initial.as_str().len() as u64);
    // out, err, logged, key, value; and the result: a number of one digit.
    assert_eq!(receipt.bytes_out, 3 + 3 + 6 + 3 + 5 + 1);

    let mut deed = misdeed("read-context");
    deed.config = Some(Json::parse("{\"of\": \"act\"}").expect("JSON"));
    let report = sandbox.execute(deed.clone()).await;
    let initial = deed.context.initial.as_str().len();
    assert_eq!(
        report.receipt.bytes_in as usize,
        2 * initial + "{\"of\": \"act\"}".len()
    );
    assert_eq!(report.receipt.bytes_out as usize, result(&report).len());
}

#[tokio::test]
async fn processor_time_is_that_of_the_guest() {
    let spun = commit("spin").await.receipt;
    assert!(spun.cpu_us > 10_000, "it computed: {spun:?}");
    assert!(spun.cpu_us <= spun.wall_us + 20_000, "{spun:?}");
    let slept = commit("sleep").await.receipt;
    assert!(
        slept.wall_us >= 300_000 && slept.cpu_us < 200_000,
        "it slept: {slept:?}"
    );
}

#[tokio::test]
async fn memory_is_told_before_and_after() {
    let (executor, workflow) = hostile().await;
    let mut sandbox = executor.sandbox(&workflow);
    let first = sandbox.execute(misdeed("keep-memory")).await.receipt;
    assert_eq!((first.reused, first.memory_before_bytes), (false, 0));
    assert!(first.memory_bytes > 16 << 20, "{first:?}");
    let second = sandbox.execute(attempt("after", "{}")).await.receipt;
    assert!(second.reused);
    assert_eq!(second.memory_before_bytes, first.memory_bytes);
}

#[tokio::test]
async fn the_manifest_is_named() {
    let options = options();
    let manifest = options.manifest.clone();
    let (executor, workflow) = hostile_with(options).await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(sandbox.execute(misdeed("choose")).await.receipt.manifest, None);
    let text = "[workflows.hostile]\nclock = true\n";
    let new = Manifest::parse(text, Path::new("")).expect("a good manifest");
    let digest = new.digest();
    assert!(digest.is_some());
    manifest.replace(new);
    assert_eq!(sandbox.execute(misdeed("choose")).await.receipt.manifest, digest);
}

#[tokio::test]
async fn a_storm_of_calls_is_ended() {
    let mut options = options();
    options.limits.host_calls = 100_000;
    let (executor, workflow) = hostile_with(options).await;
    let report = executor.sandbox(&workflow).execute(misdeed("storm")).await;
    let failure = failure(&report);
    assert_eq!(failure.kind, FailureKind::Trap);
    assert_eq!(failure.message, "called the host more than 100000 times");
    assert!(report.receipt.wall_us < Duration::from_secs(20).as_micros() as u64);
    let HostCalls { context, .. } = report.receipt.host_calls;
    assert!(context > 100_000, "{context}");
}
