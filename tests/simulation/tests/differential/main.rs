//! The pure engine, a host on memory, and a host on SQLite do the same; and where they don't, it is seen.

use hephaestus_simulation::differential::run;
use hephaestus_simulation::seeds::run_all;
use hephaestus_simulation::stores::Plant;

/// How many runs there are.
const SEEDS: u64 = 300;

/// How many seeds may pass before a plant is found.
const PLANTED_SEEDS: u64 = 40;

/// What these runs must at least have compared: a comparison of nothing finds nothing.
const AT_LEAST: [(&str, u64); 26] = [
    ("starts", 2_000),
    ("starts refused", 500),
    ("attempts ended", 2_000),
    ("events", 500),
    ("events refused", 500),
    ("timers scheduled", 300),
    ("timers refused", 300),
    ("timers cancelled", 40),
    ("cancellations", 100),
    ("cancellations refused", 100),
    ("retries", 100),
    ("retries refused", 100),
    ("deletions", 100),
    ("deletions refused", 100),
    ("deployments refused", 30),
    ("restarts", 300),
    ("recorded: attempts lost", 150),
    ("recorded: attempts broken off by a shutdown", 150),
    ("recorded: attempt begins", 300),
    ("recorded: attempt failed", 300),
    ("recorded: checkpoint", 500),
    ("recorded: completed by a timer", 100),
    ("recorded: completed by an event", 300),
    ("recorded: event undelivered", 100),
    ("recorded: recoveries used up", 3),
    ("recorded: timer queued", 50),
];

#[test]
fn the_model_and_the_hosts_agree() {
    let tally = run_all(0..SEEDS, 3, |seed| run(seed, None));
    println!("{}", tally.figures);
    for failed in &tally.failed {
        println!("seed {}: {:#?}", failed.seed, failed.trace);
    }
    let failed: Vec<_> = tally
        .failed
        .iter()
        .map(|run| (run.seed, &run.violations))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for (figure, least) in AT_LEAST {
        let count = tally.figures.count(figure);
        assert!(count >= least, "{figure}: {count}, at least {least} are expected");
    }
}

#[test]
fn a_store_that_breaks_its_contract_makes_a_difference() {
    let plants = [
        Plant::Forgets,
        Plant::DropsTimer,
        Plant::KeepsTimer,
        Plant::ForgetsRequest,
        Plant::ForgetsKey,
        Plant::HidesTimer,
    ];
    for plant in plants {
        let tally = run_all(0..PLANTED_SEEDS, 1, |seed| run(seed, Some(plant)));
        println!("{plant:?}: found after {} runs", tally.runs);
        assert!(
            !tally.failed.is_empty(),
            "{plant:?} is not found in {PLANTED_SEEDS} runs"
        );
    }
}
