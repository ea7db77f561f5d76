//! `cargo xtask dependencies`: licences, sources and versions of everything that is compiled in, by the rules of `.deny.toml`.
//!
//! The same rules are cargo-deny's, which checks advisories too; it is run where it is installed. Its build takes longer than
//! a test run may, so what needs no database is checked here in any case. What wasn't checked is said.

mod rules;

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, say};
use crate::workspace::Workspace;
use rules::{Package, Rules};

/// Checks the dependencies. The answer is what could not be checked, and why.
pub(crate) fn check(workspace: &Workspace) -> Result<Option<String>> {
    let path = workspace.root.join(".deny.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let rules = Rules::read(&text).with_context(|| path.display().to_string())?;
    let packages = packages(workspace)?;
    let complaints = rules.complaints(&packages);
    for line in rules::several_versions(&packages) {
        say(format_args!("warning: {line}"));
    }
    for complaint in &complaints {
        say(complaint);
    }
    if !complaints.is_empty() {
        bail!("{} dependencies break the rules of .deny.toml", complaints.len());
    }
    say(format_args!(
        "{} packages: licences, sources, wildcards are fine",
        packages.len()
    ));
    let unchecked = advisories(workspace)?;
    if let Some(reason) = &unchecked {
        say(format_args!("NOT CHECKED: {reason}"));
    }
    Ok(unchecked)
}

/// All packages of `Cargo.lock`, for all platforms and features.
fn packages(workspace: &Workspace) -> Result<Vec<Package>> {
    let mut cargo = process::cargo();
    cargo.args(["metadata", "--locked", "--all-features", "--format-version", "1"]);
    let text = process::answer(cargo.current_dir(&workspace.root))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
    rules::packages(&metadata)
}

/// Everything again with cargo-deny, and the advisories. `Some`: why the advisories weren't looked at.
fn advisories(workspace: &Workspace) -> Result<Option<String>> {
    let deny = |words: &[&str]| {
        let mut command = Command::new("cargo-deny");
        command
            .args(["--workspace"])
            .args(words)
            .current_dir(&workspace.root);
        command
    };
    let mut version = Command::new("cargo-deny");
    let found = version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        let reason = "advisories, for cargo-deny is not installed: cargo install cargo-deny --locked";
        return Ok(Some(reason.to_owned()));
    }
    process::run(&mut deny(&["check", "bans", "licenses", "sources"]))?;
    // Told apart from advisories that are found: those fail the step.
    if let Err(error) = process::run(&mut deny(&["fetch", "db"])) {
        return Ok(Some(format!(
            "advisories, for the database of RustSec can't be fetched ({error})"
        )));
    }
    process::run(&mut deny(&["check", "advisories"]))?;
    Ok(None)
}
