//! The bench measures everything that it says, so that it can't rot: `bench --quick`, and the shape of what it prints.
//! How fast anything is doesn't matter here.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Where `component("chain-steps")` and `component("pause-steps")` are.
fn components() -> PathBuf {
    let given = std::env::var_os("HEPHAESTUS_COMPONENTS").filter(|value| !value.is_empty());
    given.map_or_else(
        || {
            let release = Path::new(env!("CARGO_BIN_EXE_bench")).parent();
            release.expect("a folder").with_file_name("components")
        },
        PathBuf::from,
    )
}

fn bench(words: &[&str]) -> Output {
    for name in ["chain-steps", "pause-steps"] {
        let file = components().join(name).with_extension("wasm");
        let fix = "run `cargo xtask build --guests-only` first, or `cargo xtask test`";
        assert!(file.is_file(), "{} is missing: {fix}", file.display());
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.args(words).env("HEPHAESTUS_COMPONENTS", components());
    command.output().expect("the bench runs")
}

#[test]
fn everything_is_measured() {
    let output = bench(&["--quick", "--json"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{errors}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["failures"], serde_json::json!([]));
    let figures = report["figures"].as_array().expect("figures");
    let mut names: Vec<_> = figures
        .iter()
        .map(|row| row["figure"].as_str().expect("a name"))
        .collect();
    names.dedup();
    assert_eq!(names, hephaestus_bench::NAMES);
    for row in figures {
        check(row);
    }
    assert!(
        report["machine"]["sync_before_ms"]["median"]
            .as_f64()
            .expect("a sync")
            > 0.0
    );
}

fn check(row: &Value) {
    let ours = row["ours"]["samples"].as_array().expect("samples");
    assert!(
        !ours.is_empty() && ours.iter().all(|sample| sample.is_f64()),
        "{row}"
    );
    let has_limit = ["durable", "chain", "memory", "restart", "filled"]
        .contains(&row["figure"].as_str().expect("a name"));
    assert_eq!(row["limit"].is_object(), has_limit, "{row}");
    if has_limit {
        let limit = row["limit"]["samples"].as_array().expect("samples");
        assert_eq!(
            limit.len(),
            ours.len(),
            "a sample of the limit for each of ours: {row}"
        );
        // Too little processor time to be counted is 0, and a share of it no number.
        let is_counted = row["unit"] != "CPU us";
        assert!(
            !is_counted || row["share"]["median"].as_f64().expect("a share") > 0.0,
            "{row}"
        );
    }
}

#[test]
fn the_table_ends_with_the_figures() {
    let output = bench(&["--quick", "--only", "memory"]);
    let table = String::from_utf8_lossy(&output.stdout);
    let last = table.lines().last().expect("a line");
    assert!(
        output.status.success() && last.contains("share of the limit"),
        "{table}"
    );
}

#[test]
fn what_can_not_be_measured_is_a_failure() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command
        .arg("--quick")
        .env("HEPHAESTUS_COMPONENTS", nowhere.path());
    let output = command.output().expect("the bench runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("cargo xtask build --guests-only"), "{errors}");
}
