//! `cargo xtask test`: everything that must hold before a change lands. `.ci/run` and the workflow on GitHub call this.
//!
//! A failed step doesn't hide what the others would say; only steps that need its work are left out, and said to be.
//! The tests run last, so that what `cargo test` says at its end is what one sees, followed by one table.

use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::build;
use crate::dependencies;
use crate::process::{self, human, say};
use crate::scaffold;
use crate::workspace::Workspace;

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    Passed,
    Failed,
    /// Not run, because the build it needs failed.
    LeftOut,
}

/// A step's line in the table.
struct Line {
    name: &'static str,
    ending: Ending,
    took: Duration,
    /// What to run in order to see just this again.
    again: &'static str,
    /// What the step was to check, and could not.
    unchecked: Option<String>,
}

/// Runs all checks.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let cargo = |arguments: &str| {
        let mut command = process::cargo();
        command.args(arguments.split(' ')).current_dir(&workspace.root);
        command
    };
    let started = Instant::now();
    let mut unchecked = None;
    let mut lines = vec![
        step("format", "cargo fmt --all", || {
            process::run(&mut cargo("fmt --all --check"))
        }),
        step("dependencies", "cargo xtask dependencies", || {
            unchecked = dependencies::check(workspace)?;
            Ok(())
        }),
        step("guests", "cargo xtask build --guests-only", || {
            build::guests(workspace)
        }),
        step("host", "cargo xtask build", || build::host(workspace)),
        step("new crate", "cargo xtask scaffold", || scaffold::make(workspace)),
        step("lints", LINTS, || {
            process::run(&mut cargo(LINTS.trim_start_matches("cargo ")))
        }),
        step("documentation", DOCUMENTATION, || {
            let mut command = cargo(DOCUMENTATION.trim_start_matches("cargo "));
            process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
        }),
    ];
    for line in lines.iter_mut().filter(|line| line.name == "dependencies") {
        line.unchecked = unchecked.take();
    }
    let built = lines
        .iter()
        .all(|line| line.ending == Ending::Passed || !["guests", "host", "new crate"].contains(&line.name));
    lines.push(if built {
        step("tests", "cargo xtask test", || {
            process::run(&mut tests(workspace, cargo(TESTS)))
        })
    } else {
        Line {
            name: "tests",
            ending: Ending::LeftOut,
            took: Duration::ZERO,
            again: "cargo xtask build",
            unchecked: None,
        }
    });
    conclude(&lines, started.elapsed())
}

/// All targets with the release profile: macros and build scripts are then those of the build.
const LINTS: &str = "cargo clippy --release --workspace --all-targets -- -D warnings";

const DOCUMENTATION: &str = "cargo doc --release --workspace --no-deps";

const TESTS: &str = "test --release --workspace --no-fail-fast";

/// `cargo test` with what the whole-system tests need in order to find what was built.
fn tests(workspace: &Workspace, mut command: Command) -> Command {
    command.envs(places(workspace));
    command
}

/// Where those who run components and programs find them.
pub(crate) fn places(workspace: &Workspace) -> [(&'static str, OsString); 3] {
    [
        ("HEPHAESTUS_COMPONENTS", workspace.components().into()),
        ("HEPHAESTUS_BIN", workspace.binary().into()),
        ("HEPHAESTUS_EXAMPLES", workspace.program_folder().into()),
    ]
}

fn step(name: &'static str, again: &'static str, work: impl FnOnce() -> Result<()>) -> Line {
    eprintln!();
    say(format_args!("=== {name} ==="));
    let started = Instant::now();
    let ending = match work() {
        Ok(()) => Ending::Passed,
        Err(error) => {
            eprintln!("xtask: error: {error:#}");
            Ending::Failed
        }
    };
    Line {
        name,
        ending,
        took: started.elapsed(),
        again,
        unchecked: None,
    }
}

/// Shows the table, and fails if a step has.
fn conclude(lines: &[Line], took: Duration) -> Result<()> {
    eprintln!("\n{}", table(lines, took));
    let failed = lines.iter().filter(|line| line.ending == Ending::Failed).count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", lines.len());
    }
    Ok(())
}

fn table(lines: &[Line], took: Duration) -> String {
    let mut text = String::new();
    for Line {
        name,
        ending,
        took,
        again,
        unchecked,
    } in lines
    {
        let row = match ending {
            Ending::Passed => format!("xtask: {name:<14} passed    {:>12}\n", human(*took)),
            Ending::Failed => format!(
                "xtask: {name:<14} FAILED    {:>12}   see above; again: {again}\n",
                human(*took)
            ),
            Ending::LeftOut => format!("xtask: {name:<14} left out  {:>12}   first: {again}\n", "-"),
        };
        text.push_str(&row);
        if let Some(what) = unchecked {
            text.push_str(&format!("xtask: {:<14} NOT CHECKED: {what}\n", ""));
        }
    }
    text.push_str(&format!("xtask: {:<14}           {:>12}", "all", human(took)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ending: Ending) -> Line {
        Line {
            name: "lints",
            ending,
            took: Duration::from_secs(2),
            again: "cargo clippy",
            unchecked: None,
        }
    }

    #[test]
    fn one_failed_step_fails_all_and_says_how_to_see_it_again() {
        let lines = [line(Ending::Passed), line(Ending::Failed), line(Ending::LeftOut)];
        let error = conclude(&lines, Duration::ZERO).expect_err("one failed");
        assert_eq!(error.to_string(), "1 of 3 steps failed");
        let table = table(&lines, Duration::ZERO);
        assert!(
            table.contains("FAILED           2.0 s   see above; again: cargo clippy"),
            "{table}"
        );
        assert!(
            table.contains("left out             -   first: cargo clippy"),
            "{table}"
        );
        conclude(&lines[..1], Duration::ZERO).expect("nothing failed");
    }

    #[test]
    fn what_could_not_be_checked_is_said_last_too() {
        let mut line = line(Ending::Passed);
        line.unchecked = Some("advisories, for the moon is full".to_owned());
        let table = table(&[line], Duration::ZERO);
        assert!(
            table.contains("NOT CHECKED: advisories, for the moon is full\n"),
            "{table}"
        );
    }

    #[test]
    fn a_steps_error_is_its_ending() {
        assert_eq!(step("s", "again", || Ok(())).ending, Ending::Passed);
        assert_eq!(step("s", "again", || bail!("no")).ending, Ending::Failed);
    }
}
