//! What a store holds of an instance: the texts of its records and of its summary. A disk that lies, a backup that was
//! tampered with, and a bug of ours all end here. An input has one text in each line.
//!
//! - Reading never panics. What can be read is the same when it is written and read again.
//! - A fold over any records answers, with a state or with where the journal is damaged; so does one over those records
//!   only that fit.
//! - Whatever a state was folded from: it has a summary, and each input gets an answer.

mod inputs;

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use fastrand::Rng;
use hephaestus_core::Timestamp;
use hephaestus_core::definition::{Backoff, RetryPolicy, Uniqueness, Workflow, WorkflowBuilder, step};
use hephaestus_core::engine::{
    Decision, EngineLimits, InstanceState, JournalEntry, Record, Routed, Summary, advance, apply, decide,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::draw::Draw;
use crate::mutate;
use crate::target::{Bounds, Target, no_seeds};

/// See the module.
pub(crate) const TARGET: Target = Target {
    name: "journal",
    about: "records and summaries of stores",
    run,
    seeds: no_seeds,
    generate,
    bounds: Bounds::TEXT,
};

/// Parts of records, in both versions of what could be there.
const WORDS: &[&str] = &[
    "\"step\":\"first\"",
    "\"step\":\"ask\"",
    "\"step\":\"done\"",
    "\"step\":\"nowhere\"",
    "\"attempt\":1",
    "\"attempt\":2",
    "\"number\":1",
    "\"number\":2",
    "\"emitted\"",
    "{\"sent\":\"e1\"}",
    "{\"timer\":2}",
    "{\"wait\":\"ask\"}",
    "{\"scheduled\":\"ask\"}",
    "\"deadline\"",
    "\"completed\"",
    "\"failed\"",
    "\"cancelled\"",
    "null",
    "[]",
    "{}",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\\ud800",
    "\\u0000",
    "\n",
];

/// Lines of the seeds in another order, and then some bytes changed, or none.
fn generate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    if rng.u8(..4) == 0 {
        return mutate::bytes(rng, seeds, WORDS);
    }
    let (seed, other) = (mutate::pick(rng, seeds), mutate::pick(rng, seeds));
    let mut lines: Vec<&[u8]> = seed.split(|byte| *byte == b'\n').collect();
    let others: Vec<&[u8]> = other.split(|byte| *byte == b'\n').collect();
    for _ in 0..rng.u32(1..6) {
        let (one, two) = (rng.usize(..lines.len()), rng.usize(..lines.len()));
        match rng.u8(..4) {
            0 if lines.len() > 1 => drop(lines.remove(one)),
            1 => lines.swap(one, two),
            2 => lines.insert(one, lines[two]),
            _ => lines.insert(one, others[rng.usize(..others.len())]),
        }
    }
    let input = lines.join(&b'\n');
    if rng.bool() {
        input
    } else {
        mutate::bytes(rng, &[input], WORDS)
    }
}

fn run(input: &[u8]) {
    let mut entries = Vec::new();
    for line in input.split(|byte| *byte == b'\n').take(1_000) {
        // What isn't UTF-8 is damaged already for the store.
        let Ok(text) = str::from_utf8(line) else { continue };
        let _record = read::<Record>(text);
        let _summary = read::<Summary>(text);
        entries.extend(read::<JournalEntry>(text));
    }
    for workflow in WORKFLOWS.iter() {
        folds(workflow, &entries);
        let state = fitting(workflow, &entries);
        if let Some(state) = state {
            answers(&state, &mut Draw::new(input));
        }
    }
}

/// Reads as stores do; what is read is the same if it is written and read again.
fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&value).unwrap_or_else(|error| panic!("can't be written: {error}"));
    let again = serde_json::from_str(&written);
    assert_eq!(
        again.ok().as_ref(),
        Some(&value),
        "written and read again: {written}"
    );
    Some(value)
}

fn folds(workflow: &Arc<Workflow>, entries: &[JournalEntry]) {
    match InstanceState::fold(Arc::clone(workflow), entries) {
        Ok(state) => assert_eq!(state.version(), entries.len() as u64),
        Err(damaged) => assert!(!damaged.problem.is_empty()),
    }
}

/// The state after those entries that fit, numbered anew.
fn fitting(workflow: &Arc<Workflow>, entries: &[JournalEntry]) -> Option<InstanceState> {
    let mut entries = entries.iter().cloned();
    let mut state = entries.find_map(|first| {
        let first = JournalEntry { seq: 1, ..first };
        InstanceState::fold(Arc::clone(workflow), &[first]).ok()
    })?;
    for entry in entries {
        let seq = state.version() + 1;
        state = apply(state.clone(), &JournalEntry { seq, ..entry }).unwrap_or(state);
    }
    Some(state)
}

fn answers(state: &InstanceState, draw: &mut Draw<'_>) {
    summed_up(state);
    let limits = EngineLimits::default();
    for _ in 0..12 {
        let input = inputs::input(state, draw);
        let now = Timestamp(draw.number());
        let mut decision = decide(state, &input, &limits, now);
        if let Ok(Decision::Route { step, event, .. }) = decision {
            let answer = inputs::routing(draw);
            let routed = input.clone().routed(Routed { step, event, answer });
            decision = decide(state, &routed, &limits, now);
        }
        if let Ok(Decision::Records(records)) = decision
            && !records.is_empty()
        {
            // A journal that no engine wrote may fold; then what follows from it may not fit.
            let Ok((state, _)) = advance(state.clone(), records, now) else {
                continue;
            };
            summed_up(&state);
        }
    }
}

fn summed_up(state: &InstanceState) {
    let summary = Summary::of(state);
    assert_eq!(summary.ended_at.is_some(), summary.status.is_terminal());
    let text = serde_json::to_string(&summary).unwrap_or_else(|error| panic!("can't be written: {error}"));
    assert_eq!(read::<Summary>(&text), Some(summary));
}

/// What the corpus was made of: `host/tests/store/compatibility/script.rs`, in both versions.
static WORKFLOWS: LazyLock<[Arc<Workflow>; 2]> = LazyLock::new(|| [1, 2].map(graph));

fn graph(version: u32) -> Arc<Workflow> {
    let pause = Duration::from_secs(1);
    let builder = WorkflowBuilder::new("orders", version)
        .business_key("orderid", Uniqueness::Workflow)
        .retry(RetryPolicy {
            max_attempts: 3,
            backoff: Backoff::Constant,
            initial: pause,
            cap: pause,
            jitter_percent: 0,
        })
        .deadline(Duration::from_secs(3_600))
        .on_cancel("tidy");
    let steps = [
        step("first")
            .emits("both", ["left", "right"])
            .emits("skip", ["done"]),
        step("left")
            .emits_dynamic("ok", ["ask", "skipped"])
            .failed(["skipped"]),
        step("right").emits("ok", ["ask"]),
        step("ask")
            .accepts("approved", ["last"])
            .accepts("timeout", ["last"]),
        step("skipped").emits("ok", ["done"]),
        step("last").emits("ok", ["done"]),
        step("tidy").emits("ok", []),
    ];
    let built = steps.into_iter().fold(builder, WorkflowBuilder::step).build();
    Arc::new(built.unwrap_or_else(|error| panic!("the workflow of this target: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else the target would look at the first entries only.
    #[test]
    fn the_corpus_folds_to_its_end() {
        let inputs = crate::corpus::inputs("journal").unwrap();
        let whole = inputs.iter().filter(|input| {
            let lines = str::from_utf8(input).unwrap().lines();
            let entries: Vec<JournalEntry> =
                lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
            let folded = WORKFLOWS
                .iter()
                .filter_map(|it| InstanceState::fold(Arc::clone(it), &entries).ok());
            entries.len() > 2 && folded.count() == 1
        });
        assert!(whole.count() >= 6);
    }
}
