//! The simulation finds what it should: each kind of broken store, within a few seeds. And it prints how to see it again.

use hephaestus_simulation::seeds::{again, run_all};
use hephaestus_simulation::simulation::{Setup, run_with};
use hephaestus_simulation::stores::Plant;

/// How many seeds may pass before a plant is found.
const SEEDS: u64 = 60;

#[test]
fn each_plant_is_found() {
    let mut unfound = Vec::new();
    for plant in Plant::ALL {
        let setup = Setup { plant: Some(plant) };
        let tally = run_all(0..SEEDS, usize::MAX, |seed| run_with(seed, setup));
        let found = tally.failed.len();
        println!("{plant:?}: found by {found} of {SEEDS} seeds");
        match tally.failed.first() {
            Some(first) => {
                println!("  {}", first.violations[0]);
                assert!(again(first).contains(&format!("cargo xtask simulate --seed {}", first.seed)));
            }
            None => unfound.push(plant),
        }
    }
    assert_eq!(unfound, [], "not found within {SEEDS} seeds");
}
