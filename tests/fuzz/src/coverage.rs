//! The same targets with libFuzzer, which looks for inputs that reach other code: `tests/fuzz/libfuzzer`. It needs a nightly
//! Rust and cargo-fuzz, and compiles everything with them: some ten minutes, the first time.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::corpus;
use crate::target::Target;

/// Why it can't be run here; `None`: it can.
pub(crate) fn missing() -> Option<&'static str> {
    if !answers(Command::new("cargo-fuzz").arg("--version")) {
        return Some("cargo-fuzz is not installed: cargo install cargo-fuzz --locked");
    }
    if !answers(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])) {
        return Some("there is no nightly Rust: rustup toolchain install nightly");
    }
    None
}

fn answers(command: &mut Command) -> bool {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Runs a target for so long; whether nothing was found. Findings are in `findings`; what reaches new code is kept in
/// `kept`, and is where the next run begins.
pub(crate) fn run(target: &Target, time: Duration, seed: u64, findings: &Path, kept: &Path) -> Result<bool> {
    let kept = kept.join(target.name);
    for folder in [&kept, findings] {
        fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir"])
        .arg(package.join("libfuzzer"))
        .arg(target.name)
        .arg(kept)
        .arg(corpus::folder(target.name))
        .arg("--")
        .arg(format!("-max_total_time={}", time.as_secs().max(1)))
        .arg(format!("-seed={}", seed as u32))
        .arg(format!("-timeout={}", target.bounds.time.as_secs()))
        .arg(format!("-malloc_limit_mb={}", target.bounds.memory_bytes >> 20))
        .arg(format!(
            "-artifact_prefix={}/{}-",
            findings.display(),
            target.name
        ));
    let status = command
        .current_dir(package)
        .status()
        .context("failed to start cargo-fuzz")?;
    Ok(status.success())
}
