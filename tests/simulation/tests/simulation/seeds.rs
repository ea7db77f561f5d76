//! Thousands of seeds, and that a seed is a run.

use hephaestus_simulation::seeds::{again, run_all};
use hephaestus_simulation::simulation::run;

/// What 2,000 seeds must at least have seen: a simulation in which nothing happens finds nothing.
const AT_LEAST: [(&str, u64); 30] = [
    ("starts acknowledged", 50_000),
    ("starts repeated", 10_000),
    ("events acknowledged", 20_000),
    ("events repeated", 5_000),
    ("events consumed", 20_000),
    ("events undelivered", 5_000),
    ("timers acknowledged", 5_000),
    ("cancellations of timers acknowledged", 1_000),
    ("timers come due", 20_000),
    ("operators' orders acknowledged", 5_000),
    ("checkpoints acknowledged", 20_000),
    ("attempts begun", 100_000),
    ("attempts from a checkpoint", 2_000),
    ("attempts failed and tried again", 20_000),
    ("attempts repeated", 5_000),
    ("records of lost attempts", 10_000),
    ("transits", 10_000),
    ("deployments acknowledged", 5_000),
    ("instances completed", 20_000),
    ("instances failed", 10_000),
    ("instances that ended cancelled", 2_000),
    ("crashes", 1_000),
    ("crashes at a call of the store that came", 1_000),
    ("shutdowns that had the time they needed", 200),
    ("clock jumps forward", 300),
    ("clock jumps back", 300),
    ("writes unacknowledged", 5_000),
    ("writes lost", 5_000),
    ("panics", 1_000),
    ("entries watched", 50_000),
];

#[test]
fn whatever_was_acknowledged_survives_in_2000_runs() {
    let tally = run_all(0..2_000, 3, run);
    println!("{}", tally.figures);
    let failed: String = tally.failed.iter().map(again).collect();
    assert!(failed.is_empty(), "{failed}");
    for (figure, least) in AT_LEAST {
        let count = tally.figures.count(figure);
        assert!(count >= least, "{figure}: {count}, at least {least} are expected");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let tally = run_all(10_000..10_150, 1, |seed| {
        let (mut first, second) = (run(seed), run(seed));
        let mut lines = first.trace.iter().zip(&second.trace);
        let differs = lines.find(|(one, other)| one != other);
        if let Some((one, other)) = differs {
            let both = format!("one run says `{one}`, another one `{other}`");
            first.violations.push(both);
        } else if first != second {
            first
                .violations
                .push("one run is longer than another one".to_owned());
        }
        first
    });
    let failed: String = tally.failed.iter().map(again).collect();
    assert!(failed.is_empty(), "{failed}");
    assert!(run(10_000).trace != run(10_001).trace);
}
