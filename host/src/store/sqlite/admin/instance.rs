//! One instance: its row, its journal and its timers, beside each other.
//!
//! What a journal says by itself is little (how the instance began, whether and how it ended, which timers were ever set);
//! the rest takes the definition of its workflow, and the engine's own fold. No rule of the engine is repeated here.

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{
    Created, Ended, InstanceState, InstanceStatus, JournalEntry, Record, Summary, Timer,
};
use hephaestus_core::{InstanceId, Timestamp};
use rusqlite::Row;
use serde::Serialize;

use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::{integer, read};

/// The row of an instance, whose columns agree with its summary.
pub(super) struct StoredInstance {
    summary: Summary,
    request_id: Option<String>,
}

impl StoredInstance {
    /// `None`: the summary can't be read. What else is wrong with the row goes to `problems`.
    pub(super) fn read(
        instance: InstanceId,
        row: &Row<'_>,
        problems: &mut Vec<String>,
    ) -> Result<Option<Self>, Failure> {
        let summary = match read::summary_of(instance, row.get_ref(7)?) {
            Ok(summary) => summary,
            Err(problem) => {
                problems.push(problem);
                return Ok(None);
            }
        };
        let texts: [(&str, Option<String>, Option<String>); 4] = [
            ("workflow", row.get(2)?, Some(summary.workflow.to_string())),
            ("business_id", row.get(3)?, Some(summary.business_id.to_string())),
            ("status", row.get(4)?, Some(summary.status.to_string())),
            ("unique_key", row.get(5)?, summary.unique_key.clone()),
        ];
        let numbers: [(&str, Option<i64>, Option<i64>); 3] = [
            ("version", row.get(1)?, Some(integer(summary.version))),
            (
                "workflow_version",
                row.get(8)?,
                Some(summary.workflow_version.0.into()),
            ),
            ("ended_at", row.get(9)?, summary.ended_at.map(|at| integer(at.0))),
        ];
        for (column, found, expected) in texts {
            problems.extend(differs("its summary", column, &found, &expected));
        }
        for (column, found, expected) in numbers {
            problems.extend(differs("its summary", column, &found, &expected));
        }
        Ok(Some(Self {
            summary,
            request_id: row.get(6)?,
        }))
    }
}

/// A finding, if what is stored as `name` isn't what `source` says.
fn differs<T: PartialEq + Serialize>(source: &str, name: &str, found: &T, expected: &T) -> Option<String> {
    let said = |value: &T| serde_json::to_string(value).unwrap_or_default();
    (found != expected).then(|| format!("its {name} is {}, {source} says {}", said(found), said(expected)))
}

/// What a journal says without the definition of its workflow.
pub(super) struct Told<'a> {
    pub(super) created: &'a Created,
    entries: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// How it ended, if no retry followed.
    ended: Option<(&'a Ended, Timestamp)>,
    /// All timers that were ever set, by their numbers: no number is used twice.
    timers: BTreeMap<u32, &'a Timer>,
}

impl<'a> Told<'a> {
    pub(super) fn by(journal: &'a [JournalEntry]) -> Result<Self, String> {
        let Some((first, rest)) = journal.split_first() else {
            return Err("its journal is empty".to_owned());
        };
        let Record::Created(created) = &first.record else {
            return Err("its journal doesn't begin with its creation".to_owned());
        };
        let mut told = Self {
            created,
            entries: 1,
            created_at: first.at,
            updated_at: first.at,
            ended: None,
            timers: created
                .deadline
                .iter()
                .map(|timer| (timer.number, timer))
                .collect(),
        };
        for entry in rest {
            told.entries += 1;
            told.updated_at = entry.at;
            match &entry.record {
                Record::Created(_) => return Err(format!("entry {} creates it again", entry.seq)),
                Record::Ended(ended) => told.ended = Some((ended, entry.at)),
                _ => told.ended = None,
            }
            if let Some(timer) = set_by(&entry.record) {
                told.timers.insert(timer.number, timer);
            }
        }
        Ok(told)
    }
}

fn set_by(record: &Record) -> Option<&Timer> {
    match record {
        Record::StepWaiting { timer, .. } => timer.as_ref(),
        Record::AttemptFailed { retry, .. } => Some(retry),
        Record::TimerSet(timer) => Some(timer),
        _ => None,
    }
}

/// What of the row and of the timers contradicts the journal.
pub(super) fn compare(
    stored: &StoredInstance,
    told: &Told<'_>,
    timers: &BTreeMap<u32, Timestamp>,
) -> Vec<String> {
    const JOURNAL: &str = "its journal";
    let (summary, created) = (&stored.summary, told.created);
    let ended = told
        .ended
        .map(|(ended, at)| (InstanceStatus::from(ended.status), at));
    let found_end = summary.ended_at.map(|at| (summary.status, at));
    let request_id = created.request_id.as_ref().map(ToString::to_string);
    let failure = told.ended.and_then(|(ended, _)| ended.failure.clone());
    let mut problems: Vec<String> = [
        differs(JOURNAL, "id", &summary.instance, &created.instance),
        differs(JOURNAL, "workflow", &summary.workflow, &created.workflow),
        differs(
            JOURNAL,
            "workflow version",
            &summary.workflow_version,
            &created.version,
        ),
        differs(JOURNAL, "code", &summary.digest, &created.digest),
        differs(JOURNAL, "business id", &summary.business_id, &created.business_id),
        differs(JOURNAL, "request id", &stored.request_id, &request_id),
        differs(JOURNAL, "version", &summary.version, &told.entries),
        differs(JOURNAL, "time of creation", &summary.created_at, &told.created_at),
        differs(JOURNAL, "time of change", &summary.updated_at, &told.updated_at),
        differs(JOURNAL, "end", &found_end, &ended),
        differs(JOURNAL, "failure", &summary.failure, &failure),
    ]
    .into_iter()
    .flatten()
    .collect();
    if ended.is_some() && summary.unique_key.is_some() {
        problems.push("it has ended, and holds its unique key".to_owned());
    }
    problems.extend(timers.iter().filter_map(|(number, due)| {
        let set = told.timers.get(number).filter(|timer| timer.due == *due);
        match set {
            None => Some(format!("timer {number} is set, its journal doesn't say so")),
            Some(_) if ended.is_some() => Some(format!("it has ended, and timer {number} is set")),
            Some(_) => None,
        }
    }));
    problems
}

/// What contradicts the state that the journal folds to.
pub(super) fn fold(
    stored: &StoredInstance,
    workflow: &Arc<Workflow>,
    journal: &[JournalEntry],
    timers: &BTreeMap<u32, Timestamp>,
) -> Vec<String> {
    let state = match InstanceState::fold(Arc::clone(workflow), journal) {
        Ok(state) => state,
        Err(damage) => return vec![damage.to_string()],
    };
    const STATE: &str = "the state that its journal folds to";
    let set = state.timers().values().map(|timer| (timer.number, timer.due));
    let mut problems = differing_fields(STATE, &stored.summary, &Summary::of(&state));
    problems.extend(differs(STATE, "set of timers", timers, &set.collect()));
    problems
}

fn differing_fields(source: &str, found: &Summary, expected: &Summary) -> Vec<String> {
    let fields = |summary: &Summary| serde_json::to_value(summary).unwrap_or_default();
    let (found, expected) = (fields(found), fields(expected));
    let names = expected.as_object().into_iter().flat_map(|fields| fields.keys());
    names
        .filter_map(|name| differs(source, name, &found[name], &expected[name]))
        .collect()
}
