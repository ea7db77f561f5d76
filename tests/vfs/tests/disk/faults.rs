//! The disk fails: at each call that a store makes, in each way that a call can fail, and then the power as well.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hephaestus_host::store::sqlite::{SqliteStore, Synchronous};
use hephaestus_host::store::{Store, StoreError};
use hephaestus_vfs::{Call, Fault, Op, Pattern, Platter};

use crate::images::open;
use crate::place::Place;
use crate::script::Script;
use crate::settings::factor;
use crate::stored::{difference, everything};

const CHECKPOINT_PAGES: u32 = 10;

/// How often something is tried before the disk is mended.
const TRIES: u32 = 3;

/// A fault, and when: from the `nth` call on, and `more` that follow it.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    fault: Fault,
    nth: u64,
    more: u64,
}

/// What was answered during one run.
#[derive(Debug, Default)]
struct Answers {
    unavailable: u32,
    unknown: u32,
    /// The step was done, though nobody could tell.
    survived: u32,
}

/// One life of a store under a script, on a disk with trouble.
struct Life<'a> {
    place: Place,
    script: &'a Script,
    answers: Answers,
    /// For each step, how much had been done to the disk when it was answered.
    answered: Vec<usize>,
}

type Verdict<T = ()> = Result<T, String>;

impl<'a> Life<'a> {
    fn new(script: &'a Script) -> Self {
        Self {
            place: Place::new(Synchronous::Full, CHECKPOINT_PAGES),
            script,
            answers: Answers::default(),
            answered: Vec::new(),
        }
    }

    async fn run(&mut self) -> Verdict {
        let mut store = self.open().await?;
        let mut reader = None;
        let steps = self.script.steps.len();
        for number in 0..steps {
            if number == steps / 2 {
                drop(reader.take());
                // Whatever the disk says to that, nothing is lost.
                let _ = store.close().await;
                store = self.open().await?;
            }
            match number % 6 {
                1 => reader = self.place.reader(),
                3 => reader = None,
                _ => {}
            }
            self.step(&store, number).await?;
        }
        drop(reader);
        self.place.disk.mend();
        self.look(&store, steps).await?;
        let _ = store.close().await;
        drop(store);
        let store = self.open().await?;
        self.look(&store, steps).await?;
        store.close().await.map_err(|error| error.to_string())
    }

    async fn open(&self) -> Verdict<SqliteStore> {
        for tried in 1.. {
            match self.place.open().await {
                Ok(store) => return Ok(store),
                Err(StoreError::Unavailable { .. }) if tried <= TRIES => {
                    if tried == TRIES {
                        self.place.disk.mend();
                    }
                }
                Err(error) => return Err(format!("it can't be opened: {error}")),
            }
        }
        Err("never".to_owned())
    }

    /// Does a step as an owner does: after an error, it looks before it tries again.
    async fn step(&mut self, store: &SqliteStore, number: usize) -> Verdict {
        let script = self.script;
        for tried in 1..=TRIES + 1 {
            let answer = script.steps[number].run(store).await;
            let failed = answer
                .as_ref()
                .err()
                .map_or_else(String::new, ToString::to_string);
            match answer {
                Ok(answer) if answer == script.answers[number] => break,
                Ok(answer) => {
                    let expected = &script.answers[number];
                    return Err(format!("step {number}: {answer:?} instead of {expected:?}"));
                }
                Err(StoreError::Unavailable { .. }) => {
                    self.answers.unavailable += 1;
                    self.is_unchanged(store, number).await?;
                }
                Err(StoreError::Unknown { .. }) => {
                    self.answers.unknown += 1;
                    if !self.is_unchanged(store, number).await? {
                        self.answers.survived += 1;
                        break;
                    }
                }
                Err(error) => return Err(format!("step {number}: {error}")),
            }
            if tried == TRIES {
                self.place.disk.mend();
            } else if tried > TRIES {
                return Err(format!(
                    "step {number}: the disk is fine again, the store isn't: {failed}"
                ));
            }
        }
        self.answered.push(self.place.disk.position());
        Ok(())
    }

    /// Whether step `number` wasn't done; `false`: it was done, whole.
    async fn is_unchanged(&self, store: &SqliteStore, number: usize) -> Verdict<bool> {
        let found = self.found(store).await?;
        let states = &self.script.states;
        if found == states[number] {
            return Ok(true);
        }
        if found == states[number + 1] {
            return Ok(false);
        }
        let difference = difference(&found, &states[number]);
        Err(format!("step {number} left something between: {difference}"))
    }

    async fn look(&self, store: &SqliteStore, steps: usize) -> Verdict {
        let found = self.found(store).await?;
        let expected = &self.script.states[steps];
        if found == *expected {
            return Ok(());
        }
        Err(format!("after {steps} steps: {}", difference(&found, expected)))
    }

    async fn found(&self, store: &SqliteStore) -> Verdict<String> {
        for tried in 1.. {
            match everything(store).await {
                Ok(found) => return Ok(found),
                Err(StoreError::Unavailable { .. }) if tried <= 100 => {
                    if tried == 100 {
                        self.place.disk.mend();
                    }
                }
                Err(error) => return Err(format!("it can't be read: {error}")),
            }
        }
        Err("never".to_owned())
    }

    /// After trouble, the power fails: at syncs after it, and at the end.
    fn lose_power(&self, figures: &Figures) -> Verdict {
        let trace = self.place.disk.trace();
        let is_failed = |op: &Op| matches!(op, Op::FailedSync { .. });
        let Some(first) = trace.iter().position(is_failed) else {
            return Ok(());
        };
        let mut platter = Platter::new();
        for (point, op) in trace.iter().enumerate() {
            if point > first && op.is_sync() {
                self.lose_power_at(point, &platter, figures)?;
            }
            platter.apply(op);
        }
        self.lose_power_at(trace.len(), &platter, figures)
    }

    fn lose_power_at(&self, point: usize, platter: &Platter, figures: &Figures) -> Verdict {
        let answered = self.answered.iter().filter(|at| **at <= point).count();
        for pattern in [
            Pattern::Nothing,
            Pattern::Everything,
            Pattern::Sectors(point as u64),
        ] {
            let image = platter.survivors(pattern);
            if !figures.is_new(image.fingerprint()) {
                continue;
            }
            let place = || format!("the power fails after {point} ops, {pattern:?}, {answered} answered");
            let found = open(&image).map_err(|error| format!("{}: {error}", place()))?;
            // The next step may be under way.
            let mut possible = self.script.states[answered..].iter().take(2);
            if !possible.any(|state| *state == found) {
                let difference = difference(&found, &self.script.states[answered]);
                return Err(format!("{}: {difference}", place()));
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Figures {
    runs: AtomicUsize,
    unavailable: AtomicUsize,
    unknown: AtomicUsize,
    survived: AtomicUsize,
    images: Mutex<BTreeMap<u64, ()>>,
}

impl Figures {
    fn is_new(&self, image: u64) -> bool {
        self.images.lock().unwrap().insert(image, ()).is_none()
    }

    fn count(&self, answers: &Answers) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        for (figure, count) in [
            (&self.unavailable, answers.unavailable),
            (&self.unknown, answers.unknown),
            (&self.survived, answers.survived),
        ] {
            figure.fetch_add(count as usize, Ordering::Relaxed);
        }
    }
}

/// What a disk that works is asked for.
async fn calm(script: &Script) -> (Vec<Call>, u64) {
    let mut life = Life::new(script);
    life.run().await.expect("nothing fails");
    (life.place.disk.changes(), life.place.disk.reads())
}

fn try_all(name: &str, script: &Script, troubles: &[Trouble]) -> Figures {
    let figures = Figures::default();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                while let Some(trouble) = troubles.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut life = Life::new(script);
                    life.place.disk.fail(trouble.fault, trouble.nth, trouble.more);
                    let verdict = runtime.block_on(life.run());
                    let verdict = verdict.and_then(|()| life.lose_power(&figures));
                    figures.count(&life.answers);
                    if let Err(why) = verdict {
                        wrong.lock().unwrap().push(format!("{trouble:?}: {why}"));
                    }
                }
            });
        }
    });
    let images = figures.images.lock().unwrap().len();
    println!(
        "{name}: {:?} runs, {:?} times unavailable, {:?} unknown ({:?} of them done); {images} images after a power loss",
        figures.runs, figures.unavailable, figures.unknown, figures.survived
    );
    let wrong = wrong.into_inner().unwrap();
    let examples = &wrong[..wrong.len().min(3)];
    assert!(
        wrong.is_empty(),
        "{} of {} runs: {examples:#?}",
        wrong.len(),
        troubles.len()
    );
    figures
}

/// Each call that can fail so, alone and with those that follow it.
fn troubles(fault: Fault, calls: &[Call]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        if fault.concerns(*call) {
            let nth = index as u64 + 1;
            troubles.extend([0, 40].map(|more| Trouble { fault, nth, more }));
        }
    }
    troubles
}

fn script(seed: u64) -> Script {
    let steps = 12 * factor() as usize;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(Script::new(seed, steps))
}

fn check(fault: Fault, seed: u64) -> Figures {
    let script = script(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let (changes, reads) = runtime.block_on(calm(&script));
    let troubles = match fault {
        Fault::Unread => troubles(fault, &vec![Call::Read; reads as usize]),
        _ => troubles(fault, &changes),
    };
    try_all(&format!("{fault:?}"), &script, &troubles)
}

#[test]
fn calls_that_are_refused_lose_nothing() {
    check(Fault::Refused, 11);
}

#[test]
fn calls_whose_answer_is_lost_lose_nothing() {
    check(Fault::Unacknowledged, 12);
}

#[test]
fn a_full_disk_loses_nothing() {
    check(Fault::Full, 13);
    check(Fault::Short, 14);
}

#[test]
fn syncs_that_fail_lose_nothing_even_if_the_power_fails_after_them() {
    let figures = check(Fault::Unsynced, 15);
    assert!(figures.unknown.load(Ordering::Relaxed) > 0);
}

#[test]
fn syncs_that_are_slow_lose_nothing() {
    check(Fault::Slow(Duration::from_millis(2)), 16);
}

#[test]
fn reads_that_fail_lose_nothing() {
    check(Fault::Unread, 17);
}
