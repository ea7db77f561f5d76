//! The same random commands to three worlds: a model of the pure engine and a few maps; a host whose store is in memory;
//! a host whose store is a SQLite file. They must give the same answers, execute the same attempts, and store the same
//! journals and timers, to the letter.
//!
//! Nothing is left to speed: attempts end when a command says so, time passes when a command says so, and after each
//! command the hosts come to rest. What is random is an argument, also for the model: it takes the ids of new instances
//! from the first host.
//!
//! | module | idea |
//! |---|---|
//! | `command` | the commands, and how they are drawn |
//! | `flows`, `nature` | the workflows, and what their steps do: the same in each world |
//! | `model` | what must happen |
//! | `live`, `gates` | what a host makes of it |

mod command;
mod flows;
mod gates;
mod live;
mod model;
mod nature;

use std::sync::Arc;

use hephaestus_core::Timestamp;
use hephaestus_core::engine::{Cause, FailureKind, Record};

use crate::chance::Chance;
use crate::log::Log;
use crate::simulation::Outcome;
use crate::stores::Plant;
use command::{Command, Draw};
use flows::Flows;
use live::{Broken, Disk, Live};
use model::Model;
use nature::Nature;

/// How many commands a run has.
const COMMANDS: usize = 80;

/// Runs the seed. With a plant, the store of the first host breaks its contract.
pub fn run(seed: u64, plant: Option<Plant>) -> Outcome {
    let log = Log::default();
    let result = Worlds::new(seed, plant, log.clone()).and_then(|mut worlds| worlds.play());
    if let Err(broken) = result {
        log.violation(format_args!("the worlds can't go on: {broken}"));
    }
    let (trace, violations, figures) = log.take();
    Outcome {
        seed,
        trace,
        violations,
        figures,
    }
}

/// The three of them.
struct Worlds {
    log: Log,
    flows: Arc<Flows>,
    draw: Draw,
    model: Model,
    hosts: [(&'static str, Live); 2],
}

impl Worlds {
    fn new(seed: u64, plant: Option<Plant>, log: Log) -> Result<Self, Broken> {
        let chance = Chance::new(seed);
        let flows = Arc::new(Flows::draw(&chance.fork()));
        let nature = Nature { seed: chance.any() };
        let now = Timestamp(1_700_000_000_000);
        let planted = plant.map(|plant| (plant, Chance::new(seed)));
        let live = |disk| Live::new(Arc::clone(&flows), nature, disk, now);
        Ok(Self {
            log,
            model: Model::new(Arc::clone(&flows), nature, now),
            hosts: [
                ("memory", live(Disk::Memory(Arc::default(), planted))?),
                ("sqlite", live(Disk::Sqlite(tempfile::tempdir()?))?),
            ],
            flows,
            draw: Draw { chance, starts: 0 },
        })
    }

    fn play(&mut self) -> Result<(), Broken> {
        for at in [0, 3] {
            self.act(&Command::Deploy(at))?;
        }
        for _ in 0..COMMANDS {
            let command = self.draw.command(&self.flows, &self.model);
            self.act(&command)?;
            if self.log.is_violated() {
                return Ok(());
            }
            if self.model.is_open {
                self.log.count("runs cut short by timers that come due together");
                break;
            }
        }
        let journals = self.model.journals();
        for entry in journals.values().flatten() {
            self.log.count(name_of(&entry.record));
        }
        Ok(())
    }

    /// One command to all; and a comparison of all that can be seen.
    fn act(&mut self, command: &Command) -> Result<(), Broken> {
        self.log.trace(format_args!("{command:?}"));
        self.log.count("commands");
        let mut answers = Vec::new();
        let mut created = None;
        for (name, live) in &mut self.hosts {
            let (answer, instance) = live.act(command)?;
            created = created.or(instance);
            answers.push((*name, answer));
        }
        let expected = self.model.act(command, created);
        self.log.trace(format_args!("  {expected:.200}"));
        if self.model.is_open {
            return Ok(());
        }
        self.count(command, &expected);
        for (name, answer) in answers {
            self.compare((name, "answers", command), &expected, &answer);
        }
        self.compare_worlds(command)
    }

    fn compare_worlds(&self, command: &Command) -> Result<(), Broken> {
        let (instances, journals, timers) =
            (self.model.instances(), self.model.journals(), self.model.timers());
        for (name, live) in &self.hosts {
            self.compare((name, "is as late as", command), &self.model.now, &live.now());
            self.compare((name, "has", command), &instances, &live.instances()?);
            let (stored, set) = live.stored(&instances)?;
            for (instance, journal) in &journals {
                let found = stored.get(instance).map(Vec::as_slice).unwrap_or_default();
                let same = journal
                    .iter()
                    .zip(found)
                    .take_while(|(one, other)| one == other)
                    .count();
                self.compare(
                    (name, "records", command),
                    &journal.get(same..),
                    &found.get(same..),
                );
            }
            self.compare((name, "sets the timers", command), &timers, &set);
            self.compare(
                (name, "executes", command),
                &self.model.running(),
                &live.running(),
            );
        }
        Ok(())
    }

    fn compare<T: PartialEq + std::fmt::Debug>(
        &self,
        (name, does, command): (&str, &str, &Command),
        expected: &T,
        found: &T,
    ) {
        if expected != found && !self.log.is_violated() {
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            self.log.violation(format_args!(
                "{command:?}: the host on {name} {does} {found:.3000}, the model {expected:.3000}"
            ));
        }
    }

    /// What is compared, in numbers: a comparison of nothing finds nothing.
    fn count(&self, command: &Command, answer: &str) {
        let refused = answer.starts_with("Err") || answer == "InvalidInput";
        self.log.count(match (command, refused) {
            (Command::Deploy(_), false) => "deployments",
            (Command::Deploy(_), true) => "deployments refused",
            (Command::Start(..), false) => "starts",
            (Command::Start(..), true) => "starts refused",
            (Command::Finish(..), _) => "attempts ended",
            (Command::Resume(..), false) => "events",
            (Command::Resume(..), true) => "events refused",
            (Command::Schedule(..), false) => "timers scheduled",
            (Command::Schedule(..), true) => "timers refused",
            (Command::CancelTimer(_), false) => "timers cancelled",
            (Command::CancelTimer(_), true) => "cancellations of timers refused",
            (Command::Advance(_), _) => "moves of the clock",
            (Command::Cancel(..), false) => "cancellations",
            (Command::Cancel(..), true) => "cancellations refused",
            (Command::Retry(_), false) => "retries",
            (Command::Retry(_), true) => "retries refused",
            (Command::Delete(_), false) => "deletions",
            (Command::Delete(_), true) => "deletions refused",
            (Command::Get(_) | Command::History(_) | Command::List(_), false) => "looks",
            (Command::Get(_) | Command::History(_) | Command::List(_), true) => "looks refused",
            (Command::Restart { .. }, _) => "restarts",
        });
    }
}

/// What a record is counted as.
fn name_of(record: &Record) -> &'static str {
    match record {
        Record::Created(_) => "recorded: created",
        Record::StepCompleted(completed) => match completed.cause {
            Cause::Emitted => "recorded: completed by code",
            Cause::Sent(_) => "recorded: completed by an event",
            Cause::Timer(_) => "recorded: completed by a timer",
        },
        Record::StepWaiting { .. } => "recorded: waiting",
        Record::AttemptFailed { .. } => "recorded: attempt failed",
        Record::StepFailed { failure, .. } if failure.kind == FailureKind::Host => {
            "recorded: recoveries used up"
        }
        Record::StepFailed { .. } => "recorded: step failed",
        Record::StepReady { .. } => "recorded: ready again",
        Record::CheckpointSaved { .. } => "recorded: checkpoint",
        Record::AttemptBegan { .. } => "recorded: attempt begins",
        Record::AttemptsLost { shutdown: true, .. } => "recorded: attempts broken off by a shutdown",
        Record::AttemptsLost { .. } => "recorded: attempts lost",
        Record::EventAccepted(_) => "recorded: event accepted",
        Record::EventUndelivered { .. } => "recorded: event undelivered",
        Record::TimerSet(_) => "recorded: timer set",
        Record::TimerQueued { .. } => "recorded: timer queued",
        Record::TimerCancelled { .. } => "recorded: timer cancelled",
        Record::Cancelling { .. } => "recorded: cancelling",
        Record::Retried { .. } => "recorded: retried",
        Record::Ended(_) => "recorded: ended",
    }
}
