//! HTTP that is granted, and HTTP that is not.

use expect_test::expect;
use hephaestus_core::engine::FailureKind;
use serde_json::{Value, json};

use crate::server::Server;
use crate::{Caller, manifest};

fn text<'a>(seen: &'a Value, field: &str) -> &'a str {
    seen[field].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_granted_request_arrives_as_it_was_put_together() {
    let server = Server::start().await;
    let caller = Caller::granted(&server.origin()).await;
    let seen = caller
        .call(json!({ "url": server.url("/echo?a=b"), "method": "POST", "json": { "n": 1 }, "idempotent": true }))
        .await;
    assert_eq!(
        (&seen["status"], &seen["body"]),
        (&json!(200), &json!("{\"n\":1}")),
        "{seen}"
    );
    let received = &server.received()[0];
    assert_eq!(received.line, "POST /echo?a=b");
    assert_eq!(received.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_eq!(received.header("content-length"), Some("7"));
    assert_eq!(
        received.header("idempotency-key"),
        Some("019aa0c0-0000-7000-8000-000000000001/call")
    );

    let seen = caller.call(json!({ "url": server.url("/status/204") })).await;
    assert_eq!(seen["status"], 204, "{seen}");
    let received = &server.received()[1];
    assert_eq!(received.line, "GET /status/204");
    assert_eq!(received.header("content-length"), None);
}

#[tokio::test]
async fn without_a_grant_nothing_leaves() {
    let server = Server::start().await;
    let caller = Caller::new("").await;
    let seen = caller.call(json!({ "url": server.url("/echo?token=abc") })).await;
    assert_eq!(text(&seen, "error"), "Denied");
    let lines = format!("[workflows.caller.steps.call]\nhttp = [\"{}\"]", server.origin());
    assert_eq!(text(&seen, "manifest"), lines);
    let failure = caller
        .failure(json!({ "url": server.url("/echo?token=abc") }))
        .await;
    assert_eq!(failure.kind, FailureKind::CapabilityDenied);
    assert!(!failure.is_retryable());
    expect![[r#"
        this step is not granted HTTP requests to `http://SERVER/echo`; the manifest grants it with:
        [workflows.caller.steps.call]
        http = ["http://SERVER"]"#]]
    .assert_eq(&failure.message.replace(&server.address.to_string(), "SERVER"));
    assert!(server.received().is_empty());

    // Exactly these lines are what was missing, and they count from the next attempt on.
    caller.manifest.replace(manifest(&lines));
    let seen = caller.call(json!({ "url": server.url("/echo") })).await;
    assert_eq!(seen["status"], 200, "{seen}");
    caller.manifest.replace(manifest(""));
    let seen = caller.call(json!({ "url": server.url("/echo") })).await;
    assert_eq!(
        text(&seen, "error"),
        "Denied",
        "a grant that is taken back is gone"
    );
}

#[tokio::test]
async fn another_origin_is_not_granted() {
    let server = Server::start().await;
    let port = server.address.port();
    let caller = Caller::granted(&format!("http://127.0.0.1:{port}/status")).await;
    for url in [
        server.url("/echo"),
        server.url("/status/../echo"),
        server.url("/status/%2e%2e/echo"),
        format!("https://127.0.0.1:{port}/status/200"),
        format!("http://localhost:{port}/status/200"),
        format!("http://127.0.0.2:{port}/status/200"),
        "http://127.0.0.1/status/200".into(),
    ] {
        let seen = caller.call(json!({ "url": url })).await;
        assert_eq!(text(&seen, "error"), "Denied", "{url}: {seen}");
    }
    for url in [
        format!("http://127.1:{port}/status/200"),
        format!("http://2130706433:{port}/status/200"),
        format!("http://0x7f.0.0.1:{port}/status/200"),
        format!("http://user@127.0.0.1:{port}/status/200"),
    ] {
        let seen = caller.call(json!({ "url": url })).await;
        assert_eq!(text(&seen, "error"), "InvalidRequest", "{url}: {seen}");
    }
    assert!(server.received().is_empty());
    let mapped = format!("http://[::ffff:127.0.0.1]:{port}/status/200");
    assert_eq!(caller.call(json!({ "url": mapped })).await["status"], 200);
}

/// A name that is granted may lead to this machine only if that is granted too: whoever owns the name decides where
/// it leads. `localhost` itself is such a name, and says so.
#[tokio::test]
async fn a_name_does_not_lead_to_private_addresses_by_itself() {
    let server = Server::start().await;
    let port = server.address.port();
    // The only name that every machine resolves to itself without a network, spelt so that it doesn't say so.
    let origin = format!("http://*.localhost:{port}");
    let caller = Caller::granted(&origin).await;
    let url = format!("http://a.localhost:{port}/echo");
    let seen = caller.call(json!({ "url": url })).await;
    if text(&seen, "error") == "Unreachable" {
        eprintln!(
            "skipped: this machine resolves no names under `localhost`; the filter of addresses is tested by itself"
        );
        assert!(text(&seen, "message").contains("can't be resolved"), "{seen}");
    } else {
        assert_eq!(text(&seen, "error"), "Denied", "{seen}");
        let lines = format!(
            "[workflows.caller.steps.call]\nhttp = [{{ origin = \"http://a.localhost:{port}\", private = true }}]"
        );
        assert_eq!(text(&seen, "manifest"), lines);
        caller.manifest.replace(manifest(&lines));
        assert_eq!(caller.call(json!({ "url": url })).await["status"], 200);
    }
    let caller = Caller::granted(&format!("http://localhost:{port}")).await;
    let seen = caller
        .call(json!({ "url": format!("http://localhost:{port}/echo") }))
        .await;
    assert_eq!(seen["status"], 200, "{seen}");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let server = Server::start().await;
    let caller = Caller::granted(&server.origin()).await;
    let seen = caller.call(json!({ "url": server.url("/redirect") })).await;
    assert_eq!(seen["status"], 302, "{seen}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_method_that_makes_a_tunnel_is_refused() {
    let server = Server::start().await;
    let caller = Caller::granted(&server.origin()).await;
    let seen = caller
        .call(json!({ "url": server.url("/"), "method": "CONNECT" }))
        .await;
    assert_eq!(text(&seen, "error"), "InvalidRequest", "{seen}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn errors_know_whether_trying_again_helps() {
    let server = Server::start().await;
    let caller = Caller::granted(&server.origin()).await;
    let mut said = String::new();
    for path in ["/status/404", "/status/503", "/cut-off", "/rubbish", "/long-head"] {
        let failure = caller.failure(json!({ "url": server.url(path) })).await;
        assert_eq!(failure.kind, FailureKind::GuestError);
        let retried = if failure.is_retryable() { "again" } else { "never" };
        said.push_str(&format!("{retried}: {}\n", failure.message));
    }
    expect![[r#"
        never: GET http://SERVER/status/404 was answered with status 404: as you wish
        again: GET http://SERVER/status/503 was answered with status 503: as you wish
        again: the exchange with http://SERVER/cut-off broke off: what was exchanged is no HTTP that both sides understand
        again: the exchange with http://SERVER/rubbish broke off: what was exchanged is no HTTP that both sides understand
        never: the exchange with http://SERVER/long-head is beyond the host's limits: the headers of the answer are too large
    "#]].assert_eq(&said.replace(&server.address.to_string(), "SERVER"));

    let address = server.address;
    drop(server);
    let gone = Caller::granted(&format!("http://{address}")).await;
    let failure = gone.failure(json!({ "url": format!("http://{address}/") })).await;
    assert!(failure.is_retryable(), "{failure:?}");
    assert!(
        failure
            .message
            .ends_with("can't be reached: the connection was refused"),
        "{failure:?}"
    );
}
