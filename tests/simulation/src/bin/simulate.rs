//! `cargo xtask simulate`: runs the whole runtime from seeds, and fails if a promise was broken.

#![expect(clippy::print_stdout, reason = "a program that shows what it found")]

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use hephaestus_simulation::seeds::{again, run_all};
use hephaestus_simulation::simulation::run;

/// Runs the whole runtime on fake guests, paused time and a faulty store. Each seed is a run.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 2_000, conflicts_with = "seed")]
    seeds: u64,

    /// The first of them.
    #[arg(long, default_value_t = 0, conflicts_with = "seed")]
    from: u64,

    /// Runs exactly this one, and prints its trace.
    #[arg(long)]
    seed: Option<u64>,
}

/// After so many failures it is clear that something is wrong.
const ENOUGH: usize = 20;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.seed {
        Some(seed) => one(seed),
        None => many(arguments.from, arguments.seeds),
    }
}

fn one(seed: u64) -> ExitCode {
    let outcome = run(seed);
    for line in &outcome.trace {
        println!("{line}");
    }
    println!("\n{}", outcome.figures);
    if outcome.violations.is_empty() {
        println!("seed {seed}: no promise was broken");
        return ExitCode::SUCCESS;
    }
    println!("{}", again(&outcome));
    ExitCode::FAILURE
}

fn many(from: u64, seeds: u64) -> ExitCode {
    let begun = Instant::now();
    let tally = run_all(from..from.saturating_add(seeds), ENOUGH, run);
    for outcome in &tally.failed {
        println!("{}", again(outcome));
    }
    let (failed, runs) = (tally.failed.len(), tally.runs);
    println!("{}", tally.figures);
    println!(
        "{runs} seeds from {from}, {failed} broke a promise, in {:.1?}",
        begun.elapsed()
    );
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
