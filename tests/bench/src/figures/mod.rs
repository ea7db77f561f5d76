//! The figures: one file for each, `rounds` of ours and its limit after each other.

mod chain;
mod durable;
mod filled;
mod memory;
mod parked;
mod restart;
mod timers;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::machine::{self, Machine};
use crate::report::{Failure, Report, Row, Unit};
use crate::scale::Scale;
use crate::series::Series;
use crate::world::World;

pub use parked::parked_in_this_process;

/// What can be asked for.
pub const NAMES: [&str; 7] = [
    "durable", "chain", "memory", "parked", "restart", "filled", "timers",
];

/// A run.
pub struct Bench {
    world: World,
    scale: Scale,
}

impl Bench {
    /// In `folder`, which exists and is empty: figures of the disk are those of the disk that it is on.
    pub fn new(folder: &Path, scale: Scale) -> Result<Self> {
        let world = World::new(folder)?;
        Ok(Self { world, scale })
    }

    /// Measures the figures of these names. What can't be measured is in the report; the others are measured all the
    /// same. `progress` hears of each figure when it is over.
    pub async fn run(&self, names: &[String], mut progress: impl FnMut(&str)) -> Result<Report> {
        let before = machine::syncs(&self.world.folder)?;
        let (mut rows, mut failures) = (Vec::new(), Vec::new());
        for name in names {
            let began = Instant::now();
            match self.figure(name).await {
                Ok(more) => rows.extend(more),
                Err(error) => failures.push(Failure {
                    figure: name.clone(),
                    reason: format!("{error:#}"),
                }),
            }
            progress(&format!("{name}: {:.1} s", began.elapsed().as_secs_f64()));
        }
        let after = machine::syncs(&self.world.folder)?;
        Ok(Report {
            machine: Machine::new(&before, &after),
            rows,
            failures,
        })
    }

    async fn figure(&self, name: &str) -> Result<Vec<Row>> {
        let (world, scale) = (&self.world, &self.scale);
        match name {
            "durable" => durable::measure(world, scale).await,
            "chain" => chain::measure(world, scale).await,
            "memory" => memory::measure(world, scale).await,
            "parked" => parked::measure(world, scale).await,
            "restart" => restart::measure(world, scale).await,
            "filled" => filled::measure(world, scale).await,
            "timers" => timers::measure(world, scale).await,
            unknown => anyhow::bail!("there is no figure `{unknown}`, but {}", NAMES.join(", ")),
        }
    }
}

/// How much was done in some time, and what it took of the processor.
#[derive(Default)]
struct Pace {
    steps_per_second: Series,
    cpu_micros: Series,
}

impl Pace {
    /// Measures `work`, which says how long it took, without what it does before and after that.
    async fn add(&mut self, steps: usize, work: impl Future<Output = Result<Duration>>) -> Result<()> {
        let before = machine::cpu_time()?;
        let took = work.await?;
        let cpu = machine::cpu_time()? - before;
        self.steps_per_second.push(steps as f64 / took.as_secs_f64());
        self.cpu_micros.push(cpu.as_secs_f64() * 1e6 / steps as f64);
        Ok(())
    }

    /// Two rows, one for the time and one for the processor.
    fn rows(self, limit: Self, figure: &'static str, what: &str, limit_is: &str) -> Vec<Row> {
        let row = |unit, ours, limit| Row {
            figure,
            what: what.to_owned(),
            unit,
            ours,
            limit: Some((limit_is.to_owned(), limit)),
        };
        vec![
            row(
                Unit::StepsPerSecond,
                self.steps_per_second,
                limit.steps_per_second,
            ),
            row(Unit::CpuMicros, self.cpu_micros, limit.cpu_micros),
        ]
    }
}
