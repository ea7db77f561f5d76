//! What is done to a store: a fixed sequence of batches, drawn from a seed, with everything that a host does.

use std::collections::BTreeMap;

use hephaestus_core::engine::{
    Change, Created, InstanceStatus, JournalEntry, Record, SentEvent, Summary, Timer, TimerPurpose,
};
use hephaestus_core::{Digest, EventId, InstanceId, Json, RequestId, StepRef, Timestamp, WorkflowVersion};
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::store::{
    DeleteAnswer, DeployAnswer, DeployedVersion, Purged, Store, StoreError, Write, WriteAnswer,
};
use uuid::Uuid;

use crate::settings::Chance;
use crate::stored::everything;

/// One call of the store.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Batch(Vec<Write>),
    Deploy(DeployedVersion, Vec<u8>),
    Delete(InstanceId),
    Purge(Timestamp, usize),
}

/// What it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Batch(Vec<WriteAnswer>),
    Deploy(DeployAnswer),
    Delete(DeleteAnswer),
    Purge(Purged),
}

impl Step {
    pub(crate) async fn run(&self, store: &dyn Store) -> Result<Answer, StoreError> {
        match self {
            Self::Batch(writes) => store.write(writes.clone()).await.map(Answer::Batch),
            Self::Deploy(version, component) => store
                .deploy(version.clone(), component.clone())
                .await
                .map(Answer::Deploy),
            Self::Delete(instance) => store.delete(*instance).await.map(Answer::Delete),
            Self::Purge(before, limit) => store.purge(*before, *limit).await.map(Answer::Purge),
        }
    }
}

/// Calls, and what a store holds before the first, after the first, and so on.
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) states: Vec<String>,
}

impl Script {
    pub(crate) async fn new(seed: u64, steps: usize) -> Self {
        let mut author = Author {
            chance: Chance::new(seed),
            active: Vec::new(),
            ended: Vec::new(),
            created: 0,
            versions: 0,
        };
        let steps = (0..steps).map(|number| author.step(number)).collect();
        Self::played(steps).await
    }

    /// The store in memory says what is right.
    async fn played(steps: Vec<Step>) -> Self {
        let store = MemoryStore::new();
        let mut answers = Vec::new();
        let mut states = vec![everything(&store).await.unwrap()];
        for step in &steps {
            answers.push(step.run(&store).await.unwrap());
            states.push(everything(&store).await.unwrap());
        }
        Self {
            steps,
            answers,
            states,
        }
    }
}

struct Author {
    chance: Chance,
    active: Vec<Draft>,
    ended: Vec<InstanceId>,
    created: u64,
    versions: u32,
}

impl Author {
    fn step(&mut self, number: usize) -> Step {
        if number % 40 == 39 {
            // Of those that ended, the older half.
            let before = Timestamp(10_000 + self.created / 2);
            return Step::Purge(before, 8);
        }
        if number % 12 == 11
            && let Some(instance) = self.ended.pop()
        {
            return Step::Delete(instance);
        }
        if number.is_multiple_of(40) {
            self.versions += 1;
            let length = 1 + self.chance.below(30_000) as usize;
            let code = u8::try_from(self.versions).unwrap_or(u8::MAX);
            let version = DeployedVersion {
                workflow: "orders".parse().unwrap(),
                version: WorkflowVersion(self.versions),
                digest: Digest([code; 32]),
                deployed_at: Timestamp(1_000),
            };
            return Step::Deploy(version, vec![code; length]);
        }
        let writes = 1 + self.chance.below(4);
        Step::Batch((0..writes).map(|_| self.write()).collect())
    }

    fn write(&mut self) -> Write {
        let few = self.active.len() < 3;
        if few || (self.active.len() < 12 && self.chance.one_in(4)) {
            self.created += 1;
            let mut draft = Draft::new(self.created);
            let write = draft.create(&mut self.chance);
            self.active.push(draft);
            return write;
        }
        let index = self.chance.below(self.active.len() as u64) as usize;
        if self.chance.one_in(5) {
            let draft = self.active.swap_remove(index);
            self.ended.push(draft.summary.instance);
            return draft.end(&mut self.chance);
        }
        if self.chance.one_in(12) {
            // Refused: it expects what isn't so.
            return self.active[index].clone().stale(&mut self.chance);
        }
        self.active[index].append(&mut self.chance)
    }
}

/// The `n`th instance: ids sort as their numbers do.
pub(crate) fn instance_id(n: u64) -> InstanceId {
    InstanceId(Uuid::from_u64_pair(
        0x0190_0000_0000_7000,
        0x8000_0000_0000_0000 | n,
    ))
}

/// An instance as its owner sees it.
#[derive(Debug, Clone)]
struct Draft {
    summary: Summary,
    timers: Vec<u32>,
}

impl Draft {
    fn new(n: u64) -> Self {
        let created_at = Timestamp(10_000 + n);
        let summary = Summary {
            instance: instance_id(n),
            business_id: format!("orderid::n{n}").parse().unwrap(),
            workflow: "orders".parse().unwrap(),
            workflow_version: WorkflowVersion(1),
            digest: Digest([1; 32]),
            status: InstanceStatus::Running,
            version: 0,
            created_at,
            updated_at: created_at,
            ended_at: None,
            waiting_since: None,
            failure: None,
            unique_key: Some(format!("workflow/orders/orderid::n{n}")),
        };
        Self {
            summary,
            timers: Vec::new(),
        }
    }

    fn create(&mut self, chance: &mut Chance) -> Write {
        let number = self.summary.instance.0.as_u128() as u64;
        let request_id = chance
            .one_in(2)
            .then(|| RequestId::new(&format!("request {number}")).unwrap());
        let change = self.change(1, chance);
        Write::Create { change, request_id }
    }

    fn append(&mut self, chance: &mut Chance) -> Write {
        if chance.one_in(3) {
            self.summary.status = match self.summary.status {
                InstanceStatus::Running => InstanceStatus::Waiting,
                _ => InstanceStatus::Running,
            };
        }
        let expected_version = self.summary.version;
        let entries = 1 + chance.below(3);
        let change = self.change(entries, chance);
        Write::Append {
            instance: self.summary.instance,
            expected_version,
            change,
        }
    }

    fn stale(mut self, chance: &mut Chance) -> Write {
        self.summary.version += 1;
        self.append(chance)
    }

    fn end(mut self, chance: &mut Chance) -> Write {
        self.summary.status = InstanceStatus::Completed;
        self.summary.ended_at = Some(self.summary.updated_at);
        self.summary.unique_key = None;
        let expected_version = self.summary.version;
        let mut change = self.change(1, chance);
        change.timers_set.clear();
        change.timers_cleared = std::mem::take(&mut self.timers);
        Write::Append {
            instance: self.summary.instance,
            expected_version,
            change,
        }
    }

    fn change(&mut self, entries: u64, chance: &mut Chance) -> Change {
        let first = self.summary.version + 1;
        let entries = (first..first + entries)
            .map(|seq| self.entry(seq, chance))
            .collect();
        self.summary.updated_at = Timestamp(self.summary.updated_at.0 + 1);
        let mut timers_cleared = Vec::new();
        if chance.one_in(3) {
            timers_cleared.extend(self.timers.pop());
        }
        let mut timers_set = Vec::new();
        if chance.one_in(3) {
            let number = u32::try_from(first).unwrap();
            let step: StepRef = "approve".parse().unwrap();
            let due = Timestamp(20_000 + chance.below(1_000));
            let purpose = TimerPurpose::Wait(step);
            timers_set.push(Timer { number, due, purpose });
            self.timers.push(number);
        }
        Change {
            entries,
            timers_set,
            timers_cleared,
            summary: self.summary.clone(),
        }
    }

    fn entry(&mut self, seq: u64, chance: &mut Chance) -> JournalEntry {
        self.summary.version = seq;
        let at = Timestamp(self.summary.created_at.0 + seq);
        // Some fit into a page with many others, some spread over several.
        let length = match chance.below(10) {
            0 => 5_000 + chance.below(8_000),
            1..=3 => chance.below(1_500),
            _ => chance.below(60),
        };
        let text: String = (0..length)
            .map(|_| char::from(b'a' + (chance.next() % 26) as u8))
            .collect();
        let payload = Json::from(serde_json::json!({ "text": text }));
        let record = if seq == 1 {
            self.created(payload)
        } else {
            Record::EventAccepted(SentEvent {
                event_id: EventId::new(&format!("event {seq}")).unwrap(),
                event: "approved".parse().unwrap(),
                step: None,
                payload: Some(payload),
            })
        };
        JournalEntry { seq, at, record }
    }

    fn created(&self, initial: Json) -> Record {
        Record::Created(Created {
            instance: self.summary.instance,
            workflow: self.summary.workflow.clone(),
            version: self.summary.workflow_version,
            digest: self.summary.digest,
            business_id: self.summary.business_id.clone(),
            request_id: None,
            initial,
            deadline: None,
            metadata: BTreeMap::new(),
            start: "validate".parse().unwrap(),
        })
    }
}
