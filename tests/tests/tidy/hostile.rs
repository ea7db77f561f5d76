//! Each misdeed of `tests/guests/hostile` is committed by a test: one that isn't proves nothing.

use crate::source::Source;

/// Where the misdeeds are, and where they are committed.
const GUEST: &str = "tests/guests/hostile/src/";
const TESTS: &str = "tests/tests/";

/// The misdeeds that no test names.
fn uncommitted(sources: &[Source]) -> Vec<String> {
    let tests: Vec<&Source> = sources
        .iter()
        .filter(|source| source.path.starts_with(TESTS))
        .collect();
    let guest = sources.iter().filter(|source| source.path.starts_with(GUEST));
    guest
        .flat_map(|source| source.text.lines().filter_map(misdeed))
        .filter(|deed| {
            let (plain, escaped) = (format!("\"{deed}\""), format!("\\\"{deed}\\\""));
            !tests
                .iter()
                .any(|test| test.text.contains(&plain) || test.text.contains(&escaped))
        })
        .collect()
}

/// The name of a misdeed, if this line is the arm of a `match` that has one.
fn misdeed(line: &str) -> Option<String> {
    let (name, _) = line.trim_start().strip_prefix('"')?.split_once("\" => ")?;
    Some(name.to_owned())
}

#[test]
fn every_misdeed_is_committed() {
    let sources = crate::sources();
    let deeds = |source: &Source| source.text.lines().filter_map(misdeed).count();
    let all: usize = sources
        .iter()
        .filter(|source| source.path.starts_with(GUEST))
        .map(deeds)
        .sum();
    assert!(
        all > 40,
        "only {all} misdeeds: does the guest look otherwise now?"
    );
    assert_eq!(uncommitted(&sources), Vec::<String>::new());
}

#[test]
fn one_that_nobody_commits_is_found() {
    let sources = [
        Source::new(
            "tests/guests/hostile/src/execute.rs",
            "    \"spin\" => spin(),\n    \"hum\" => hum(),\n",
        ),
        Source::new("tests/tests/sandbox/execute.rs", "commit(\"spin\")"),
    ];
    assert_eq!(uncommitted(&sources), ["hum"]);
}
