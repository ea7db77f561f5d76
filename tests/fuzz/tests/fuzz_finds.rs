//! What is broken on purpose is found, kept, and found again: a panic, a hang, an excess of memory, an overflow of the
//! stack. And what is whole isn't.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

use std::path::PathBuf;
use std::process::Command;

struct Answer {
    code: Option<i32>,
    said: String,
}

fn planted(words: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_fuzz-planted"))
        .arg("--stable")
        .args(words)
        .output()
        .expect("the program runs");
    Answer {
        code: output.status.code(),
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Finds what `target` has, and finds it again in the file that was kept.
#[track_caller]
fn demand_found(target: &str, reason: &str, input: u8) {
    let folder = tempfile::tempdir().expect("a folder");
    let findings = folder.path().to_str().expect("UTF-8");
    let first = planted(&[
        "--target",
        target,
        "--seconds",
        "20",
        "--seed",
        "3",
        "--findings",
        findings,
    ]);
    assert_eq!(first.code, Some(1), "{}", first.said);
    assert!(
        first
            .said
            .contains(&format!("FOUND in target {target}: {reason}")),
        "{}",
        first.said
    );
    let last = first.said.lines().last().expect("lines");
    assert!(
        last.starts_with(&format!("fuzz: {target} ")) && last.ends_with("executions, 1 findings"),
        "{last}"
    );

    let kept: Vec<PathBuf> = std::fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(std::fs::read(&kept[0]).expect("readable"), [input]);
    let file = kept[0].to_str().expect("UTF-8");
    let again = format!("again: cargo xtask fuzz --target {target} --input {file}");
    assert!(first.said.contains(&again), "{}", first.said);

    let second = planted(&["--target", target, "--input", file]);
    assert_eq!(second.code, Some(1), "{}", second.said);
    assert!(
        second
            .said
            .contains(&format!("FOUND in target {target}: {reason}")),
        "{}",
        second.said
    );
    assert!(
        second.said.contains("         1 executions, 1 findings"),
        "{}",
        second.said
    );
}

#[test]
fn a_panic_is_found() {
    demand_found("panics", "a panic", b'p');
}

#[test]
fn a_hang_is_found() {
    demand_found("hangs", "a hang: not done after 2s", b'h');
}

#[test]
fn an_excess_of_memory_is_found() {
    demand_found("grows", "an excess of memory: more than 64 MiB", b'g');
}

#[test]
fn an_overflow_of_the_stack_is_found() {
    demand_found("overflows", "the process died", b'o');
}

#[test]
fn nothing_is_found_where_nothing_is_broken() {
    let answer = planted(&["--target", "whole", "--seconds", "0.3"]);
    assert_eq!(answer.code, Some(0), "{}", answer.said);
    let last = answer.said.lines().last().expect("lines");
    let figures: Vec<&str> = last.split_whitespace().collect();
    let ["fuzz:", "whole", executions, "executions,", "0", "findings"] = figures[..] else {
        panic!("{last}");
    };
    assert!(executions.parse::<u64>().expect("a number") > 1_000, "{last}");
}

#[test]
fn an_unknown_target_and_a_file_for_several_are_refused() {
    let answer = planted(&["--target", "nope"]);
    assert_eq!(answer.code, Some(2));
    let expected =
        "fuzz: error: there is no target \"nope\"; expected one of: panics, hangs, grows, overflows, whole";
    assert_eq!(answer.said.trim(), expected);
    let answer = planted(&["--input", "x"]);
    assert_eq!(
        answer.said.trim(),
        "fuzz: error: --input is for one target: say which with --target"
    );
}
