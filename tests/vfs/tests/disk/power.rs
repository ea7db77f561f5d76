//! The power fails: at each point of a store's life, with whatever may be left of what wasn't synced.

use std::collections::BTreeMap;
use std::sync::Mutex;

use hephaestus_host::store::Store;
use hephaestus_host::store::sqlite::Synchronous;
use hephaestus_vfs::{Fault, Op, Pattern, Platter};

use crate::images::{Finding, lose_power_everywhere, open};
use crate::place::{CHECKPOINT_PAGES, Place};
use crate::script::Script;
use crate::settings::factor;
use crate::stored::difference;

/// What a store is played on.
#[derive(Debug, Clone, Copy)]
enum Platform {
    /// A disk that does what it says, with this setting.
    Honest(Synchronous),
    /// A disk that says "synced" and has not; the store asks for each sync.
    Lies,
}

impl Platform {
    fn synchronous(self) -> Synchronous {
        match self {
            Self::Honest(synchronous) => synchronous,
            Self::Lies => Synchronous::Full,
        }
    }
}

/// A script that was played, and when.
struct Played {
    script: Script,
    trace: Vec<Op>,
    /// For each step: how much had been done to the disk when it was handed in, and when it was answered.
    spans: Vec<(usize, usize)>,
}

impl Played {
    async fn new(seed: u64, steps: usize, disk: Platform) -> Self {
        let script = Script::new(seed, steps).await;
        let place = Place::new(disk.synchronous(), CHECKPOINT_PAGES);
        if let Platform::Lies = disk {
            place.disk.fail(Fault::Lied, 1, u64::MAX);
        }
        let mut spans = Vec::new();
        let mut store = place.open().await.expect("the store opens");
        let mut reader = None;
        for (number, step) in script.steps.iter().enumerate() {
            if number == steps / 2 {
                store.close().await.unwrap();
                store = place.open().await.expect("the store opens");
            }
            match number % 23 {
                11 => reader = place.reader(),
                17 => reader = None,
                _ => {}
            }
            let begun = place.disk.position();
            let answer = step.run(&store).await.expect("the disk is fine");
            assert_eq!(answer, script.answers[number], "step {number}");
            spans.push((begun, place.disk.position()));
        }
        drop(reader);
        store.close().await.unwrap();
        Self {
            trace: place.disk.trace(),
            script,
            spans,
        }
    }

    /// Steps that were answered by then.
    fn answered(&self, point: usize) -> usize {
        self.spans
            .iter()
            .filter(|(_, answered)| *answered <= point)
            .count()
    }

    /// Steps that were handed in by then.
    fn handed_in(&self, point: usize) -> usize {
        self.spans.iter().filter(|(begun, _)| *begun <= point).count()
    }

    /// Steps that were answered before the last sync of the log until then.
    fn answered_before_a_sync(&self, point: usize) -> usize {
        let is_of_log = |op: &Op| op.is_sync() && op.file().ends_with("-wal");
        let last = self.trace[..point].iter().rposition(is_of_log);
        last.map_or(0, |sync| self.answered(sync))
    }

    /// After how many steps a store is like that; the last, if it is the same after several.
    fn steps_in(&self, finding: &Finding) -> Result<std::ops::RangeInclusive<usize>, String> {
        let found = finding.as_ref().map_err(Clone::clone)?;
        let states = &self.script.states;
        let is_like_that = |state: &String| state == found;
        let first = states.iter().position(is_like_that);
        let last = states.iter().rposition(is_like_that);
        match (first, last) {
            (Some(first), Some(last)) => Ok(first..=last),
            _ => Err("it holds what it held at no time".to_owned()),
        }
    }

    fn syncs(&self) -> usize {
        self.trace.iter().filter(|op| op.is_sync()).count()
    }
}

/// What is wrong, by kind, with an example of each.
#[derive(Debug, Default)]
struct Wrong(Mutex<BTreeMap<&'static str, (u64, String)>>);

impl Wrong {
    fn note(&self, kind: &'static str, example: impl FnOnce() -> String) {
        let mut kinds = self.0.lock().unwrap();
        let (count, _) = kinds.entry(kind).or_insert_with(|| (0, example()));
        *count += 1;
    }

    fn counts(&self) -> String {
        let kinds = self.0.lock().unwrap();
        let counts = kinds.iter().map(|(kind, (count, _))| format!("{count} {kind}"));
        let counts: Vec<String> = counts.collect();
        if counts.is_empty() {
            "nothing wrong".to_owned()
        } else {
            counts.join(", ")
        }
    }

    fn count(&self, kind: &str) -> u64 {
        self.0.lock().unwrap().get(kind).map_or(0, |(count, _)| *count)
    }
}

const DAMAGED: &str = "damaged";
const LOST: &str = "answered, and lost";
const LOST_ONCE_SYNCED: &str = "answered before the log was synced, and lost";
const INVENTED: &str = "never handed in";

fn judge(played: &Played, point: usize, pattern: Pattern, finding: &Finding, wrong: &Wrong) {
    let (answered, handed_in) = (played.answered(point), played.handed_in(point));
    let place = || format!("after {point} ops, {pattern:?}, {answered} answered, {handed_in} handed in");
    match played.steps_in(finding) {
        Err(why) => wrong.note(DAMAGED, || {
            let found = finding.as_deref().unwrap_or_default();
            let near = difference(found, &played.script.states[answered]);
            format!("{}: {why}; {near}", place())
        }),
        Ok(steps) => {
            let found = || format!("{}: found {steps:?}", place());
            if *steps.end() < answered {
                wrong.note(LOST, found);
            }
            if *steps.end() < played.answered_before_a_sync(point) {
                wrong.note(LOST_ONCE_SYNCED, found);
            }
            if *steps.start() > handed_in {
                wrong.note(INVENTED, found);
            }
        }
    }
}

fn play(seed: u64, steps: usize, disk: Platform) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(Played::new(seed, steps, disk))
}

fn lose_power(seed: u64, steps: usize, disk: Platform) -> Wrong {
    let played = play(seed, steps, disk);
    let wrong = Wrong::default();
    let figures = lose_power_everywhere(&played.trace, factor(), |point, pattern, finding| {
        judge(&played, point, pattern, finding, &wrong);
    });
    let (ops, syncs) = (played.trace.len(), played.syncs());
    println!(
        "{disk:?}: {ops} ops, {syncs} syncs, {figures}; {}",
        wrong.counts()
    );
    wrong
}

#[test]
fn whatever_the_power_leaves_all_that_was_answered_is_there() {
    let wrong = lose_power(1, 120, Platform::Honest(Synchronous::Full));
    assert!(wrong.0.lock().unwrap().is_empty(), "{wrong:#?}");
}

#[test]
fn with_normal_only_the_last_answers_are_lost() {
    let wrong = lose_power(2, 60, Platform::Honest(Synchronous::Normal));
    for kind in [DAMAGED, LOST_ONCE_SYNCED, INVENTED] {
        assert_eq!(wrong.count(kind), 0, "{wrong:#?}");
    }
    assert!(wrong.count(LOST) > 0, "the page says that this can happen");
}

#[test]
fn without_syncs_it_shows() {
    let wrong = lose_power(3, 40, Platform::Honest(Synchronous::Off));
    assert!(wrong.count(DAMAGED) > 0 && wrong.count(LOST) > 0, "{wrong:#?}");
}

#[test]
fn a_disk_that_lies_is_found_out() {
    let wrong = lose_power(4, 40, Platform::Lies);
    assert!(wrong.count(DAMAGED) > 0 && wrong.count(LOST) > 0, "{wrong:#?}");
}

/// One sync is a lie: what was answered between it and the next one must be missed, if the power fails there.
#[test]
fn each_sync_that_an_answer_waited_for_is_missed() {
    let played = play(5, 60, Platform::Honest(Synchronous::Full));
    let of_log =
        |range: std::ops::Range<usize>| range.filter(|at| played.trace[*at].file().ends_with("-wal"));
    let syncs: Vec<usize> = of_log(0..played.trace.len())
        .filter(|at| played.trace[*at].is_sync())
        .collect();
    let mut lies = 0;
    for three in syncs.windows(3) {
        let [last, lie, next] = [three[0], three[1], three[2]];
        // Else it had nothing to do, or nobody was told: one before the log is moved, say.
        let had_work = of_log(last..lie).any(|at| matches!(played.trace[at], Op::Write { .. }));
        if !had_work || played.answered(next) == played.answered(lie) {
            continue;
        }
        let mut platter = Platter::new();
        let done = played.trace[..next].iter().enumerate();
        done.filter(|(at, _)| *at != lie)
            .for_each(|(_, op)| platter.apply(op));
        let wrong = Wrong::default();
        let finding = open(&platter.survivors(Pattern::Nothing));
        judge(&played, next, Pattern::Nothing, &finding, &wrong);
        assert!(
            wrong.count(LOST) > 0,
            "the sync after {lie} ops isn't missed: {wrong:?}"
        );
        lies += 1;
    }
    println!(
        "of {} syncs of the log, {lies} were left out, one at a time: each was missed",
        syncs.len()
    );
    assert!(lies > 20, "only {lies}");
}
