//! What a step can do to itself: that attempt fails with its kind, and a text that helps.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use hephaestus_core::Json;
use hephaestus_core::engine::{FailureKind, Outcome};
use hephaestus_host::runner::{LogLevel, OutputSource, StepExecutor};

use crate::{attempt, commit, failure, hostile, hostile_with, misdeed, options, result, step, texts};

async fn check(deed: &str, expected: Expect) {
    let report = commit(deed).await;
    let failure = failure(&report);
    let retryable = if failure.is_retryable() { ", retryable" } else { "" };
    expected.assert_eq(&format!("{}{retryable}: {}", failure.kind, failure.message));
}

#[tokio::test]
async fn errors_keep_their_word() {
    check("error", expect!["guest-error: the stars are wrong"]).await;
    check(
        "retryable-error",
        expect!["guest-error, retryable: the stars are wrong"],
    )
    .await;
}

#[tokio::test]
async fn a_panic_tells_what_and_where() {
    let report = commit("panic").await;
    let failure = failure(&report);
    assert_eq!(failure.kind, FailureKind::Trap);
    let message = failure.message.as_str();
    assert!(message.contains("hostile/src/execute.rs:"), "{message}");
    assert!(
        message.contains(": this step panics on purpose; in "),
        "{message}"
    );
    assert!(!message.contains("0x"), "names, not addresses: {message}");
}

#[tokio::test]
async fn exit_is_no_way_to_end() {
    check(
        "exit",
        expect!["trap, retryable: called `exit`: a step ends by returning an outcome or an error"],
    )
    .await;
}

#[tokio::test]
async fn recursion_ends() {
    let report = commit("recurse").await;
    assert_eq!(failure(&report).kind, FailureKind::Trap);
    assert!(
        failure(&report).message.contains("in hostile::execute::recurse"),
        "{report:?}"
    );
}

#[tokio::test]
async fn computing_sleeping_and_polling_end_at_the_deadline() {
    for deed in ["spin", "sleep", "poll"] {
        let began = Instant::now();
        check(deed, expect!["deadline, retryable: no end after 300 ms"]).await;
        let took = began.elapsed();
        assert!(
            took >= Duration::from_millis(300) && took < Duration::from_secs(10),
            "{deed}: {took:?}"
        );
    }
}

#[tokio::test]
async fn a_step_can_bring_its_own_deadline() {
    let (executor, workflow) = hostile().await;
    let report = executor.sandbox(&workflow).execute(misdeed("spin")).await;
    assert_eq!(failure(&report).message, "no end after 300 ms");
    assert!(report.receipt.wall_us >= 300_000, "{:?}", report.receipt);
}

#[tokio::test]
async fn a_step_without_a_deadline_gets_the_default() {
    let mut options = options();
    options.limits.deadline = Duration::from_millis(1500);
    let (executor, workflow) = hostile_with(options).await;
    let mut attempt = misdeed("spin");
    attempt.deadline = None;
    let report = executor.sandbox(&workflow).execute(attempt).await;
    assert_eq!(failure(&report).message, "no end after 1.5 s");
}

#[tokio::test]
async fn memory_has_an_end() {
    check(
        "hoard",
        expect!["memory-limit: asked for more than 128 MiB of memory"],
    )
    .await;
}

#[tokio::test]
async fn receipts_show_memory() {
    let before = commit("nothing").await.receipt;
    let after = commit("keep-memory").await.receipt;
    assert_eq!(before.started_at.0, 1_000);
    assert!(
        before.memory_bytes > 0 && before.memory_bytes < 4 << 20,
        "{before:?}"
    );
    assert!(
        after.memory_bytes >= before.memory_bytes + (16 << 20),
        "{after:?}"
    );
}

#[tokio::test]
async fn too_much_output_is_refused_before_it_is_copied() {
    check(
        "giant-result",
        expect!["output-limit: handed over more than 1 MiB in one call"],
    )
    .await;
    check(
        "giant-log",
        expect!["output-limit: handed over more than 1 MiB in one call"],
    )
    .await;
    check(
        "large-result",
        expect!["output-limit: a result of 1048578 bytes, expected at most 1 MiB"],
    )
    .await;
}

#[tokio::test]
async fn rubbish_is_output_invalid() {
    check(
        "invalid-json",
        expect![
            "output-invalid: a result that is not valid JSON: EOF while parsing a value at line 1 column 9"
        ],
    )
    .await;
    check("bad-event", expect![[r#"output-invalid: the event "Not An Event" is not a name: expected 1 to 64 characters, lower-case words of letters and digits joined by single `-`, beginning with a letter (like `reserve-stock`)"#]]).await;
}

/// Whether an event is declared is the engine's to check: it has the graph.
#[tokio::test]
async fn undeclared_events_are_passed_on() {
    let report = commit("undeclared-event").await;
    assert!(matches!(&report.outcome, Outcome::Completed { event, .. } if event.as_str() == "surprise"));
}

#[tokio::test]
async fn floods_are_dropped_and_that_is_said_once() {
    let note = "199000 more lines were dropped: an attempt can write 1000 lines, 256 KiB in all";
    for deed in ["log-flood", "print-flood"] {
        let (executor, workflow) = hostile().await;
        let report = executor.sandbox(&workflow).execute(misdeed(deed)).await;
        assert_eq!(result(&report), "1", "{deed}: the step goes on");
        let lines = texts(&report.output);
        assert_eq!(
            (lines.len(), lines[0], lines[999], lines[1000]),
            (1001, "line 0", "line 999", note),
            "{deed}"
        );
    }
}

#[tokio::test]
async fn endless_lines_are_cut() {
    let (executor, workflow) = hostile().await;
    let report = executor.sandbox(&workflow).execute(misdeed("endless-line")).await;
    let lines = texts(&report.output);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0].len(), (8 << 10) + '…'.len_utf8());
}

#[tokio::test]
async fn output_knows_its_source() {
    let report = commit("whisper").await;
    let lines: Vec<_> = report
        .output
        .iter()
        .map(|line| (line.source, line.level, line.message.as_str()))
        .collect();
    let expected = [
        (OutputSource::Log, LogLevel::Warn, "logged"),
        (OutputSource::Stdout, LogLevel::Info, "out"),
        (OutputSource::Stderr, LogLevel::Warn, "err"),
    ];
    assert_eq!(lines, expected);
    assert_eq!(report.output[0].fields, [("key".to_owned(), "value".to_owned())]);
}

#[tokio::test]
async fn what_is_not_granted_does_not_exist() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (executor, workflow) = hostile().await;
    let attempt = attempt(
        "act",
        &format!("{{\"misdeed\": \"look-around\", \"port\": \"{port}\"}}"),
    );
    let report = executor.sandbox(&workflow).execute(attempt).await;
    assert_eq!(result(&report), "[]", "the guest found something");
    assert!(listener.accept().is_err(), "somebody connected");
}

#[tokio::test]
async fn the_context_is_what_the_runner_gives() {
    let (executor, workflow) = hostile().await;
    let mut attempt = attempt("after", "{\"misdeed\": \"read-context\"}");
    attempt.step = step("act");
    attempt.attempt = 3;
    attempt.config = Some(Json::parse("{\"of\": \"act\"}").unwrap());
    attempt
        .context
        .results
        .insert(step("before"), Some(Json::parse("7").unwrap()));
    let report = executor.sandbox(&workflow).execute(attempt).await;
    expect![[r#"
        [
            "{\"misdeed\": \"read-context\"}",
            "{\"of\": \"act\"}",
            "act",
            "3",
            "019aa0c0-0000-7000-8000-000000000001/act",
            "019aa0c0-0000-7000-8000-000000000001",
            "hostile::abc",
            "hostile",
            "1",
            "ok 7",
            "ReadError::NotAnAncestor(\"after\")",
            "ReadError::UnknownStep(\"nowhere\")",
        ]
    "#]]
    .assert_debug_eq(&serde_json::from_str::<Vec<String>>(&result(&report)).unwrap());
}
