//! Goldens of progress.

use expect_test::{Expect, expect};
use hephaestus_host::core::engine::JournalEntry;
use hephaestus_host::runner::LogLevel;

use super::*;
use crate::output::fixtures::{self, step};

fn lines_of(history: &[JournalEntry], style: Style) -> String {
    let names = ["validate", "reserve", "charge", "approve", "ship"].map(step);
    let mut lines = Lines::new(&names, style);
    history
        .iter()
        .filter_map(|entry| lines.entry(entry))
        .map(|line| line + "\n")
        .collect()
}

fn check(history: &[JournalEntry], expected: Expect) {
    let lines = lines_of(history, Style::PLAIN);
    assert!(
        !lines.chars().any(|c| c.is_control() && c != '\n'),
        "no control characters: {lines:?}"
    );
    expected.assert_eq(&lines);
}

#[test]
fn a_completed_order() {
    check(
        &fixtures::completed_order(),
        expect![[r#"
          started orderid::a1 as instance 01975c8e-0000-7000-8000-000000000001
        ✓ validate  valid  1.2 ms
        ✓ reserve   reserved  880 µs
        ✓ charge    charged  412 µs
        … approve   waits for an event until 2026-01-02 00:00:00 UTC
          event approved is accepted
        ✓ approve   approved  after waiting 3.1 s
          runs again what was running when its host ended: ship
        ↻ ship      attempt 1 failed after 1.1 ms: guest-error: the carrier did not answer within the two seconds that it was given, which happens on Mondays; again in 200 ms
        ✓ ship      shipped  2.0 ms
          completed in 3.3 s
    "#]],
    );
}

#[test]
fn a_failed_order() {
    let lines = lines_of(&fixtures::failed_order(), Style::PLAIN);
    let (_, end) = lines.split_at(lines.find("✗").expect("a failure"));
    expect![[r#"
        ✗ ship      attempt 2 failed after 2.0 ms: trap: wasm trap: unreachable / �[31min ship::execute; gave up
          failed after 3.3 s
    "#]].assert_eq(end);
}

#[test]
fn colours_only_mark() {
    let coloured = lines_of(&fixtures::completed_order(), Style::COLOUR);
    assert!(
        coloured.contains("\u{1b}[32mcompleted in 3.3 s\u{1b}[0m"),
        "{coloured:?}"
    );
}

#[test]
fn guests_lines_cannot_steer_the_terminal() {
    let line = OutputLine {
        source: OutputSource::Log,
        level: LogLevel::Warn,
        message: "two\nlines\u{1b}[2J".to_owned(),
        fields: vec![("sku".to_owned(), "anvil".to_owned())],
    };
    let lines = Lines::new(&[step("ship")], Style::PLAIN);
    assert_eq!(
        lines.output(&step("ship"), &line),
        "| ship  warn: two / lines\u{fffd}[2J sku=anvil"
    );
}
