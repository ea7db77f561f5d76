//! From decisions to commits: numbering, applying, and what changes outside the journal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::state::TimerChanges;
use super::{Created, DamagedJournal, InstanceState, JournalEntry, Record, Summary, Timer, TimerPurpose};
use crate::definition::Workflow;
use crate::{BusinessId, BusinessValue, Digest, InstanceId, Json, RequestId, Timestamp};

/// What a starter brings for a new instance.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// See [`Created`].
    pub instance: InstanceId,
    /// See [`Created`].
    pub digest: Digest,
    /// The value for the workflow's business key.
    pub business_value: BusinessValue,
    /// See [`Created`].
    pub request_id: Option<RequestId>,
    /// The input; must be an object.
    pub initial: Json,
    /// Overrides the workflow's deadline.
    pub deadline: Option<Duration>,
    /// See [`Created`].
    pub metadata: BTreeMap<String, String>,
}

/// The first record of an instance.
pub fn create(workflow: &Workflow, new: NewInstance, now: Timestamp) -> Created {
    let definition = workflow.definition();
    let deadline = new.deadline.or(definition.deadline);
    Created {
        instance: new.instance,
        workflow: definition.name.clone(),
        version: definition.version,
        digest: new.digest,
        business_id: BusinessId {
            key: definition.business_key.name.clone(),
            value: new.business_value,
        },
        request_id: new.request_id,
        initial: new.initial,
        deadline: deadline.map(|deadline| Timer {
            number: 1,
            due: now.after(deadline),
            purpose: TimerPurpose::Deadline,
        }),
        metadata: new.metadata,
        start: workflow.step(workflow.start()).name.clone(),
    }
}

/// One commit: the entries of a decision, and what they change outside the journal.
#[derive(Debug, Clone)]
pub struct Change {
    /// The new entries.
    pub entries: Vec<JournalEntry>,
    /// Timers that are set now and weren't before.
    pub timers_set: Vec<Timer>,
    /// Timers that were set before and aren't now.
    pub timers_cleared: Vec<u32>,
    /// The instance as queries show it.
    pub summary: Summary,
}

/// A new instance: its state, and the commit that creates it. Fails only if `created` is not of this workflow.
pub fn begin(
    workflow: Arc<Workflow>,
    created: Created,
    now: Timestamp,
) -> Result<(InstanceState, Change), DamagedJournal> {
    let entry = JournalEntry {
        seq: 1,
        at: now,
        record: Record::Created(created),
    };
    let mut timers = TimerChanges::default();
    let state = InstanceState::begin(workflow, &entry, &mut timers)?;
    let change = change(&state, vec![entry], timers);
    Ok((state, change))
}

/// Numbers `records`, applies them, and says what changed.
pub fn advance(
    mut state: InstanceState,
    records: Vec<Record>,
    now: Timestamp,
) -> Result<(InstanceState, Change), DamagedJournal> {
    let mut timers = TimerChanges::default();
    let mut entries = Vec::with_capacity(records.len());
    for record in records {
        let entry = JournalEntry {
            seq: state.version() + 1,
            at: now,
            record,
        };
        state.apply(&entry, &mut timers)?;
        entries.push(entry);
    }
    let change = change(&state, entries, timers);
    Ok((state, change))
}

/// Applies one entry.
pub fn apply(mut state: InstanceState, entry: &JournalEntry) -> Result<InstanceState, DamagedJournal> {
    state.apply(entry, &mut TimerChanges::default())?;
    Ok(state)
}

fn change(state: &InstanceState, entries: Vec<JournalEntry>, timers: TimerChanges) -> Change {
    Change {
        entries,
        timers_set: timers.set,
        timers_cleared: timers.cleared,
        summary: Summary::of(state),
    }
}
