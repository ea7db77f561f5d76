//! What the manifest says about single steps: how much they may consume, what they share, how they are retried.

use std::path::Path;
use std::time::Duration;

use hephaestus_core::engine::FailureKind;
use hephaestus_host::deploy::{CurrentManifest, Manifest};
use hephaestus_host::runner::StepExecutor;

use crate::{attempt, failure, hostile_with, misdeed, options, result, texts};

fn manifest(lines: &str) -> Manifest {
    let text = format!("[workflows.hostile.steps.act]\n{lines}\n");
    Manifest::parse(&text, Path::new("")).expect("a good manifest")
}

/// How an attempt at a misdeed fails under these lines of a manifest.
async fn fails(lines: &str, deed: &str) -> String {
    let options = options();
    options.manifest.replace(manifest(lines));
    let (executor, workflow) = hostile_with(options).await;
    let report = executor.sandbox(&workflow).execute(misdeed(deed)).await;
    let failure = failure(&report);
    format!("{}: {}", failure.kind, failure.message)
}

#[tokio::test]
async fn a_breach_is_told_with_the_numbers_of_the_manifest() {
    let cases = [
        (
            "memory = \"8 MiB\"",
            "hoard",
            "memory-limit: asked for more than 8 MiB of memory",
        ),
        ("deadline = \"50ms\"", "spin", "deadline: no end after 50 ms"),
        ("deadline = \"50ms\"", "sleep", "deadline: no end after 50 ms"),
    ];
    for (lines, deed, expected) in cases {
        assert_eq!(fails(lines, deed).await, expected, "{lines}");
    }
    let output = fails("max-output = \"64 KiB\"", "large-result").await;
    assert!(
        output.starts_with("output-limit: ") && output.contains("64 KiB"),
        "{output}"
    );
}

#[tokio::test]
async fn other_steps_have_the_hosts_limits() {
    let options = options();
    options.manifest.replace(manifest("memory = \"64 KiB\""));
    let (executor, workflow) = hostile_with(options).await;
    let mut sandbox = executor.sandbox(&workflow);
    assert_eq!(result(&sandbox.execute(attempt("after", "{}")).await), "1");
    let report = sandbox.execute(attempt("act", "{}")).await;
    assert_eq!(
        failure(&report).kind,
        FailureKind::MemoryLimit,
        "too little to come into being"
    );
}

#[tokio::test]
async fn what_is_written_beyond_the_limit_is_dropped() {
    let options = options();
    options.manifest.replace(manifest("max-log = \"8 B\""));
    let (executor, workflow) = hostile_with(options).await;
    let report = executor.sandbox(&workflow).execute(misdeed("whisper")).await;
    let texts = texts(&report.output).join("\n");
    let expected = "out\nerr\n1 more lines were dropped: an attempt can write 1000 lines, 8 bytes in all";
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn guests_are_shared_by_steps_that_the_manifest_treats_alike() {
    let guests = |lines: &'static str| async move {
        let options = options();
        let current: CurrentManifest = options.manifest.clone();
        current.replace(Manifest::parse(lines, Path::new("")).expect("a good manifest"));
        let (executor, workflow) = hostile_with(options).await;
        let mut sandbox = executor.sandbox(&workflow);
        let mut calls = Vec::new();
        for step in ["act", "after", "after"] {
            calls.push(result(&sandbox.execute(attempt(step, "{}")).await));
        }
        calls.join(" ")
    };
    assert_eq!(guests("").await, "1 2 3");
    assert_eq!(guests("[workflows.hostile]\nmemory = \"32 MiB\"").await, "1 2 3");
    assert_eq!(
        guests("[workflows.hostile.steps.act]\nmemory = \"32 MiB\"").await,
        "1 1 2"
    );
    assert_eq!(guests("[workflows.hostile]\nisolation = \"step\"").await, "1 1 1");
    assert_eq!(
        guests("[workflows.hostile.steps.after]\nisolation = \"step\"").await,
        "1 1 1"
    );
}

#[tokio::test]
async fn the_operators_retries_come_with_the_report() {
    let options = options();
    options
        .manifest
        .replace(manifest("retry = { max-attempts = 9, initial = \"2s\" }"));
    let (executor, workflow) = hostile_with(options).await;
    let mut sandbox = executor.sandbox(&workflow);
    let retry = sandbox
        .execute(misdeed("error"))
        .await
        .retry
        .expect("the manifest's");
    assert_eq!((retry.max_attempts, retry.initial), (9, Duration::from_secs(2)));
    assert_eq!(sandbox.execute(attempt("after", "{}")).await.retry, None);
}
