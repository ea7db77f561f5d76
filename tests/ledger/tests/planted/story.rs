//! A journal as text, changed by tests.

use std::ops::Range;

use hephaestus_core::engine::{JournalEntry, Record};
use hephaestus_core::{EventId, InstanceId, Json, StepRef, TimerId, Timestamp};
use hephaestus_ledger::{Checker, Expect, Observation, Violation};

/// The journal of one instance.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) instance: InstanceId,
    pub(crate) entries: Vec<JournalEntry>,
}

pub(crate) fn record(text: &str) -> Record {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn step(name: &str) -> StepRef {
    name.parse().unwrap()
}

pub(crate) fn event_id(text: &str) -> EventId {
    text.parse().unwrap()
}

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

pub(crate) fn timer(instance: InstanceId, number: u32) -> TimerId {
    TimerId { instance, number }
}

impl Story {
    pub(crate) fn clean() -> Self {
        #[derive(Debug)]
        struct Line(Timestamp, Record);
        let lines = include_str!("clean.jsonl").lines().map(|line| {
            let fields: std::collections::BTreeMap<String, Json> = serde_json::from_str(line).unwrap();
            let at: Timestamp = serde_json::from_str(&fields["at"].to_string()).unwrap();
            Line(at, record(&fields["record"].to_string()))
        });
        let entries = lines.map(|Line(at, record)| JournalEntry { seq: 0, at, record });
        let story = Self {
            instance: "01890000-0000-7000-8000-000000000001".parse().unwrap(),
            entries: entries.collect(),
        };
        story.numbered()
    }

    fn numbered(mut self) -> Self {
        for (seq, entry) in (1..).zip(&mut self.entries) {
            entry.seq = seq;
        }
        self
    }

    /// The first `length` entries.
    pub(crate) fn until(&self, length: usize) -> Self {
        let mut story = self.clone();
        story.entries.truncate(length);
        story
    }

    /// With another record as entry `seq`; those from there on move back.
    pub(crate) fn with(&self, seq: usize, text: &str) -> Self {
        let mut story = self.clone();
        let at = story.entries[seq - 2].at;
        let entry = JournalEntry {
            seq: 0,
            at,
            record: record(text),
        };
        story.entries.insert(seq - 1, entry);
        story.numbered()
    }

    /// Without entry `seq`; those behind it move up.
    pub(crate) fn without(&self, seq: usize) -> Self {
        let mut story = self.clone();
        story.entries.remove(seq - 1);
        story.numbered()
    }

    /// Entry `seq` at another time.
    pub(crate) fn at(&self, seq: usize, at: u64) -> Self {
        let mut story = self.clone();
        story.entries[seq - 1].at = Timestamp(at);
        story
    }

    pub(crate) fn journal(&self) -> Observation<'static> {
        self.part(0..self.entries.len())
    }

    pub(crate) fn part(&self, range: Range<usize>) -> Observation<'static> {
        Observation::Journal {
            instance: self.instance,
            entries: self.entries[range].to_vec(),
        }
    }

    pub(crate) fn attempt(&self, name: &str, attempt: u32) -> Observation<'static> {
        // One key for each step.
        let key = match name {
            "first" => "k/first",
            "left" => "k/left",
            "right" => "k/right",
            "ask" => "k/ask",
            "sleep" => "k/sleep",
            "last" => "k/last",
            "never" => "k/never",
            _ => "k/tidy",
        };
        Observation::Attempt {
            instance: self.instance,
            step: step(name),
            attempt,
            key,
        }
    }

    /// What is found when this was seen.
    pub(crate) fn finish(
        &self,
        seen: impl IntoIterator<Item = Observation<'static>>,
        expect: Expect,
    ) -> Vec<Violation> {
        let mut checker = Checker::new();
        seen.into_iter().for_each(|seen| checker.observe(seen));
        checker.finish(expect).violations
    }

    /// What is found in this journal.
    pub(crate) fn found(&self) -> Vec<Violation> {
        self.finish([self.journal()], Expect::AllEnded)
    }
}
