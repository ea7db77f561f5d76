//! A short campaign, as part of every test run; and that one would find something.

#![expect(clippy::expect_used, reason = "a test that can't go on fails")]

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use hephaestus_crash::campaign::{self, Outcome, Settings};
use hephaestus_crash::early::Early;
use hephaestus_crash::places::Places;
use hephaestus_ledger::Violation;
use tempfile::TempDir;

async fn kill(kills: u64, early: Option<Early>, folder: &Path) -> (u64, Outcome) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let settings = Settings {
        kills,
        seed: now.as_secs(),
        places: Places::beside(env!("CARGO_BIN_EXE_crash").into()).expect("what is killed"),
        folder: folder.to_owned(),
        early,
    };
    let outcome = campaign::run(&settings, &mut |_| {}).await.expect("a campaign");
    (settings.seed, outcome)
}

fn folder() -> TempDir {
    let builder = tempfile::Builder::new().prefix("hephaestus-crash-").tempdir();
    builder.expect("a folder")
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_hosts_are_killed_and_nothing_is_lost() {
    let folder = folder();
    let (seed, outcome) = kill(50, None, folder.path()).await;
    if !outcome.is_clean() {
        let folder = folder.keep();
        panic!(
            "broken: look at {}, and try again with `cargo xtask crash --seed {seed}`\n{:#?}\n{:#?}",
            folder.display(),
            outcome.violations,
            outcome.troubles
        );
    }
    // And it was worth something.
    let (tally, figures) = (outcome.tally, outcome.figures);
    assert!(tally.kills >= 50, "{tally}");
    for (what, count) in [
        (
            "kills before orders were taken",
            tally.kills_while_opening + tally.kills_while_recovering,
        ),
        ("kills right after an acknowledgement", tally.kills_after_answer),
        ("kills amid orders", tally.kills_amid_orders),
        ("kills of the command", tally.kills_of_commands),
        ("orders that were repeated", tally.orders_repeated),
        ("attempts that were repeated", figures.attempts_repeated),
        ("attempts that were lost", figures.losses),
        ("attempts that failed", figures.retries),
        ("events that were consumed", figures.events_consumed),
        ("events that nobody took", figures.events_undelivered),
        ("timers that were acknowledged", figures.timers),
        ("timers that were cancelled", figures.timers_cancelled),
        ("timers that came due", figures.timers_due),
        ("checkpoints", figures.saves),
        ("orders of operators", figures.orders),
        ("deletions", tally.deletions),
        ("instances that completed", figures.completions),
    ] {
        assert!(count > 0, "no {what}:\n{tally}\n{figures}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_acknowledges_events_too_early_is_found() {
    let folder = folder();
    let (_, outcome) = kill(50, Some(Early::Events), folder.path()).await;
    let is_lost = |it: &Violation| matches!(it, Violation::EventLost { .. });
    assert!(outcome.violations.iter().any(is_lost), "{:?}", outcome.violations);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_acknowledges_starts_too_early_is_found() {
    let folder = folder();
    let (_, outcome) = kill(50, Some(Early::Starts), folder.path()).await;
    let is_lost = |it: &Violation| matches!(it, Violation::StartLost { .. });
    assert!(outcome.violations.iter().any(is_lost), "{:?}", outcome.violations);
}
