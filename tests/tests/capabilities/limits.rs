//! An exchange is bounded, whatever either side does.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;
use crate::{Caller, attempt, options, seen};

/// A caller with little of everything.
async fn frugal(server: &Server) -> Caller {
    let mut options = options();
    options.limits.http_request_bytes = 10_000;
    options.limits.http_response_bytes = 10_000;
    options.limits.http_requests = 3;
    options.limits.http_first_byte = Duration::from_millis(200);
    options.limits.http_between_bytes = Duration::from_millis(200);
    let manifest = format!("workflows.caller.http = [\"{}\"]", server.origin());
    Caller::with(&manifest, options).await
}

#[track_caller]
fn check(seen: &Value, error: &str, message: &str) {
    assert_eq!(seen["error"], error, "{seen}");
    let said = seen["message"].as_str().unwrap_or_default();
    assert!(said.ends_with(message), "{seen}");
}

#[tokio::test]
async fn bodies_are_so_large_at_most() {
    let server = Server::start().await;
    let caller = frugal(&server).await;
    for (path, error) in [
        ("/large/10000", Value::Null),
        ("/large/10001", json!("Limit")),
        ("/endless", json!("Limit")),
    ] {
        let seen = caller.call(json!({ "url": server.url(path) })).await;
        assert_eq!(seen["error"], error, "{path}: {}", seen["message"]);
    }
    let post = |bytes: usize| json!({ "url": server.url("/status/200"), "method": "POST", "bytes": bytes });
    let fits = caller.call(post(10_000)).await;
    assert_eq!(fits["error"], Value::Null, "{fits}");
    check(
        &caller.call(post(10_001)).await,
        "Limit",
        "the body of the request is too large",
    );
}

#[tokio::test]
async fn silence_ends() {
    let server = Server::start().await;
    let caller = frugal(&server).await;
    for path in ["/silent", "/half"] {
        let seen = caller.call(json!({ "url": server.url(path) })).await;
        check(&seen, "Timeout", "took too long");
    }
    let patient = Caller::granted(&server.origin()).await;
    let seen = patient
        .call(json!({ "url": server.url("/silent"), "timeout_ms": 100 }))
        .await;
    check(&seen, "Timeout", "took too long");
}

/// The deadline of the attempt ends a request that nobody answers, as it ends everything.
#[tokio::test]
async fn the_deadline_of_the_attempt_holds() {
    let server = Server::start().await;
    let caller = Caller::granted(&server.origin()).await;
    let mut attempt = attempt("call", &json!({ "url": server.url("/silent") }));
    attempt.deadline = Some(Duration::from_millis(300));
    let report = caller.sandbox().execute(attempt).await;
    let outcome = format!("{:?}", report.outcome);
    assert!(outcome.contains("Deadline"), "{outcome}");
}

#[tokio::test]
async fn an_attempt_has_so_many_requests() {
    let server = Server::start().await;
    let caller = frugal(&server).await;
    let mut sandbox = caller.sandbox();
    let deed = json!({ "url": server.url("/echo"), "times": 4 });
    let report = sandbox.execute(attempt("call", &deed)).await;
    check(&seen(&report), "Limit", "too many requests in one attempt");
    assert_eq!(server.received().len(), 3);
    let report = sandbox
        .execute(attempt("after", &json!({ "url": server.url("/echo") })))
        .await;
    assert!(report.receipt.reused);
    assert_eq!(seen(&report)["status"], 200, "the next attempt has its own");
}
