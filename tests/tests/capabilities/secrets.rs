//! Secrets that are granted, and secrets that are not.

use expect_test::expect;
use hephaestus_core::engine::FailureKind;
use serde_json::json;

use crate::{Caller, attempt, manifest, seen};

/// Grants `TOKEN` to `call` from a file with this value.
fn token_in(folder: &tempfile::TempDir, value: &str) -> String {
    let path = folder.path().join("token");
    std::fs::write(&path, value).expect("writable");
    format!(
        "[secrets]\nTOKEN = {{ file = {:?} }}\n[workflows.caller.steps.call]\nsecrets = [\"TOKEN\"]\n",
        path.display().to_string()
    )
}

#[tokio::test]
async fn a_granted_secret_is_read_when_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let caller = Caller::new(&token_in(&folder, "hunter2\n")).await;
    let seen = caller.call(json!({ "secret": "TOKEN" })).await;
    assert_eq!(seen["secret_bytes"], 7, "{seen}");
    std::fs::write(folder.path().join("token"), "rotated-secret").expect("writable");
    let seen = caller.call(json!({ "secret": "TOKEN" })).await;
    assert_eq!(seen["secret_bytes"], 14, "{seen}");
}

#[tokio::test]
async fn without_a_grant_there_is_no_secret() {
    let caller = Caller::new("[secrets]\nTOKEN = { env = \"PATH\" }\n").await;
    let seen = caller.call(json!({ "secret": "TOKEN" })).await;
    assert_eq!(seen["error"], "Denied");
    assert_eq!(
        seen["manifest"],
        "[workflows.caller.steps.call]\nsecrets = [\"TOKEN\"]"
    );
    let failure = caller.failure(json!({ "secret": "TOKEN" })).await;
    assert_eq!(failure.kind, FailureKind::CapabilityDenied);
    expect![[r#"
        this step is not granted the secret `TOKEN`; the manifest grants it with:
        [workflows.caller.steps.call]
        secrets = ["TOKEN"]"#]]
    .assert_eq(&failure.message);
    let failure = caller.failure(json!({ "secret": "../../etc/passwd" })).await;
    expect!["this step is not granted the secret `../../etc/passwd`"].assert_eq(&failure.message);
}

#[tokio::test]
async fn a_granted_secret_that_is_not_there_is_another_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let caller = Caller::new(&token_in(&folder, "x")).await;
    std::fs::remove_file(folder.path().join("token")).expect("it was there");
    let failure = caller.failure(json!({ "secret": "TOKEN" })).await;
    assert_eq!(failure.kind, FailureKind::GuestError);
    assert!(failure.is_retryable());
    expect!["the secret `TOKEN` is granted, but can't be had: it isn't where the manifest says"]
        .assert_eq(&failure.message);
}

/// Another step may not find what this one has read: not in the memory of the guest either.
#[tokio::test]
async fn a_guest_is_used_again_only_with_identical_grants() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = token_in(&folder, "hunter2-hunter2");
    let caller = Caller::new(&text).await;
    let mut sandbox = caller.sandbox();
    let reading = attempt("call", &json!({ "secret": "TOKEN" }));
    seen(&sandbox.execute(reading.clone()).await);
    let report = sandbox.execute(reading.clone()).await;
    assert!(report.receipt.reused, "the same step is granted the same");
    assert_eq!(seen(&report)["remembers"], true);
    let report = sandbox.execute(attempt("after", &json!({}))).await;
    assert!(!report.receipt.reused);
    assert_eq!(seen(&report)["remembers"], false);

    seen(&sandbox.execute(reading.clone()).await);
    caller.manifest.replace(manifest(&text.replace("TOKEN", "OTHER")));
    let report = sandbox.execute(attempt("call", &json!({}))).await;
    assert!(!report.receipt.reused, "the grants have changed");
    assert_eq!(seen(&report)["remembers"], false);
}

#[tokio::test]
async fn a_guest_that_blurts_a_secret_out_is_not_quoted() {
    let folder = tempfile::tempdir().expect("a folder");
    let caller = Caller::new(&token_in(&folder, "hunter2-hunter2")).await;
    let deed = json!({ "secret": "TOKEN", "blurt": true, "fail": true });
    let report = caller.sandbox().execute(attempt("call", &deed)).await;
    let said = format!("{report:?}");
    assert!(!said.contains("hunter2"), "{said}");
    assert_eq!(said.matches("[secret TOKEN]").count(), 4, "{said}");
}
