//! What `cargo xtask fuzz` runs, for some seconds: the whole corpus, with every former finding, and then the same inputs
//! each time, as far as the time goes.

use std::process::Command;

use hephaestus_fuzz::targets;

/// Enough for the corpus of each target and some thousands of other inputs; some dozens of components.
const SECONDS_PER_TARGET: usize = 5;

#[test]
fn no_target_finds_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let findings = folder.keep();
    let seconds = (SECONDS_PER_TARGET * targets::ALL.len()).to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_fuzz"))
        .args(["--seconds", &seconds, "--seed", "5", "--stable", "--findings"])
        .arg(&findings)
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for target in targets::ALL {
        let line = said
            .lines()
            .rfind(|line| line.starts_with(&format!("fuzz: {} ", target.name)));
        let line = line.expect("a line for each target");
        let executions = line
            .split_whitespace()
            .nth(2)
            .and_then(|word| word.parse::<u64>().ok());
        assert!(executions >= Some(10), "{said}");
    }
    // Nothing was found, so it is empty.
    std::fs::remove_dir(&findings).expect("no findings");
}
