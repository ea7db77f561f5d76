//! A secret that a step has read is nowhere else: not in the database, not in what the command prints, not in its log,
//! not in what guests write, not in errors.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::server::Server;

const CANARY: &str = "canary-7f3a91-secret";

fn run(folder: &Path, input: &Value, more: &[&str]) -> Output {
    let mut command = hephaestus_tests::hephaestus();
    command
        .current_dir(folder)
        .env("SHOP_TOKEN", CANARY)
        .env("HEPHAESTUS_LOG", "trace")
        .arg("run")
        .arg(hephaestus_tests::component("caller"))
        .args([
            "--manifest",
            "hephaestus.toml",
            "--store",
            "sqlite:test.db",
            "-vv",
            "--input",
        ])
        .arg(input.to_string())
        .args(more);
    command.output().expect("it runs")
}

fn contains(bytes: &[u8]) -> bool {
    bytes
        .windows(CANARY.len())
        .any(|window| window == CANARY.as_bytes())
}

fn assert_no_canary(folder: &Path, output: &Output) {
    for (name, bytes) in [
        ("standard output", &output.stdout),
        ("standard error", &output.stderr),
    ] {
        assert!(!contains(bytes), "on {name}: {}", String::from_utf8_lossy(bytes));
    }
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert!(
            !contains(&std::fs::read(&path).expect("readable")),
            "in {}",
            path.display()
        );
        files += 1;
    }
    assert!(files >= 2, "the manifest and the database");
}

// The command is waited for while the server answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_nowhere_but_where_it_was_sent() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = format!(
        "[secrets]\nTOKEN = {{ env = \"SHOP_TOKEN\" }}\n[workflows.caller.steps.call]\nhttp = [\"{}\"]\nsecrets = [\"TOKEN\"]\n",
        server.origin()
    );
    std::fs::write(folder.path().join("hephaestus.toml"), manifest).expect("writable");

    let sends = json!({ "call": { "secret": "TOKEN", "url": server.url("/status/200"), "bearer": true } });
    let output = run(folder.path(), &sends, &["--json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(
        server.received()[0].header("authorization"),
        Some(format!("Bearer {CANARY}").as_str()),
        "it did arrive"
    );
    assert_no_canary(folder.path(), &output);

    let blurts = json!({ "call": { "secret": "TOKEN", "blurt": true, "fail": true } });
    let output = run(folder.path(), &blurts, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("[secret TOKEN]"),
        "what the guest wrote is shown: {said}"
    );
    assert_no_canary(folder.path(), &output);
}

#[test]
fn without_a_manifest_the_step_fails_with_the_lines_to_add() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = hephaestus_tests::hephaestus()
        .current_dir(folder.path())
        .arg("run")
        .arg(hephaestus_tests::component("caller"))
        .args(["--store", "memory", "--json", "--input"])
        .arg(json!({ "call": { "secret": "TOKEN", "fail": true } }).to_string())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["failure"]["kind"], "capability-denied", "{report}");
    let message = report["failure"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("[workflows.caller.steps.call]\nsecrets = [\"TOKEN\"]"),
        "{message}"
    );
}

#[test]
fn a_manifest_that_is_wrong_is_bad_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("hephaestus.toml"),
        "[workflows.caller]\nhtpp = []\n",
    )
    .expect("writable");
    let output = run(folder.path(), &json!({}), &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("line 2, column 1: unknown field `htpp`"), "{said}");
    assert!(said.contains("did you mean `http`?"), "{said}");
    assert!(!folder.path().join("test.db").exists(), "nothing was created");
}
