//! `hephaestus new`, and what it makes. `cargo xtask scaffold` has made a crate with it, run the crate's own tests, and
//! built its component; here the component is used as the crate's README says.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

use std::fs;
use std::path::Path;

use hephaestus_tests::{component, hephaestus, repository};
use serde_json::Value;

fn run(arguments: &[&str], folder: &Path) -> (i32, Value) {
    let first_flow = component("first-flow");
    let output = hephaestus()
        .arg("run")
        .arg(first_flow)
        .args(["--store", "sqlite:first.db", "--id", "a1", "--json"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("hephaestus starts");
    let report = serde_json::from_slice(&output.stdout).expect("a JSON report");
    (output.status.code().expect("an exit code"), report)
}

#[test]
fn the_component_is_sound_and_can_be_drawn() {
    let first_flow = component("first-flow");
    let check = hephaestus()
        .arg("check")
        .arg(&first_flow)
        .output()
        .expect("hephaestus starts");
    let text = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.success(), "{text}");

    let graph = hephaestus()
        .arg("graph")
        .arg(&first_flow)
        .output()
        .expect("hephaestus starts");
    let text = String::from_utf8_lossy(&graph.stdout);
    assert!(graph.status.success() && text.contains("carry-out"), "{text}");
}

#[test]
fn the_component_runs_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = "@input.json";
    fs::copy(
        repository().join("host/src/bin/hephaestus/commands/new/template/input.json.template"),
        folder.path().join("input.json"),
    )
    .expect("the input");
    let (code, report) = run(&["--input", input], folder.path());
    assert_eq!(code, 3, "it waits for somebody to approve: {report}");
    let (code, report) = run(&["--event", "approved"], folder.path());
    assert_eq!(code, 0, "{report}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("precious"), "mine").expect("a file");
    let output = hephaestus()
        .args(["new", "."])
        .arg("--sdk")
        .arg(repository().join("guest-sdk"))
        .current_dir(folder.path())
        .output()
        .expect("hephaestus starts");
    assert_eq!(output.status.code(), Some(2));
    let nested = hephaestus()
        .arg("new")
        .arg(folder.path())
        .output()
        .expect("hephaestus starts");
    assert_eq!(nested.status.code(), Some(2));
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn the_next_commands_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = hephaestus()
        .args(["new", "onboarding", "--sdk"])
        .arg(repository().join("guest-sdk"))
        .current_dir(folder.path())
        .output()
        .expect("hephaestus starts");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    for command in [
        "cd onboarding",
        "cargo test",
        "cargo component",
        "check target/wasm32-wasip2/release/onboarding.wasm",
    ] {
        assert!(text.contains(command), "{command} is not in:\n{text}");
    }
    let manifest = fs::read_to_string(folder.path().join("onboarding/Cargo.toml")).expect("a manifest");
    assert!(
        manifest.contains("name = \"onboarding\"") && manifest.contains("guest-sdk"),
        "{manifest}"
    );
}
