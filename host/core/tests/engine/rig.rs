//! One instance under test: takes inputs, keeps its journal, and checks after each what always holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use expect_test::Expect;
use hephaestus_core::definition::{Backoff, RetryPolicy, StepBuilder, Workflow, WorkflowBuilder};
use hephaestus_core::engine::{
    Cause, Decision, EngineLimits, Failure, FailureKind, Input, InstanceState, InstanceStatus, JournalEntry,
    NewInstance, Outcome, Record, Refusal, Routed, Routing, SentEvent, StepState, advance, begin, create,
    decide,
};
use hephaestus_core::{BusinessValue, Digest, EventId, EventName, InstanceId, Json, StepRef, Timestamp};

use crate::progress::Progress;
use crate::show::show;

/// The instance, and the store's view of it.
pub(crate) struct Rig {
    pub(crate) state: InstanceState,
    pub(crate) journal: Vec<JournalEntry>,
    pub(crate) limits: EngineLimits,
    pub(crate) now: Timestamp,
    /// The timers that a store would hold.
    timers: BTreeSet<u32>,
    /// What `transit` answers, by step and event.
    pub(crate) answers: BTreeMap<(String, String), Routing>,
}

/// What an input came to.
pub(crate) type Answer = Result<Vec<Record>, Refusal>;

pub(crate) fn name(text: &str) -> StepRef {
    text.parse().unwrap()
}

pub(crate) fn event_name(text: &str) -> EventName {
    text.parse().unwrap()
}

pub(crate) fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Three attempts, one second apart, without jitter.
pub(crate) fn three_attempts() -> RetryPolicy {
    RetryPolicy {
        max_attempts: 3,
        backoff: Backoff::Constant,
        initial: ms(1_000),
        cap: ms(1_000),
        jitter_percent: 0,
    }
}

/// A workflow called `test` of these steps, with three attempts for each.
pub(crate) fn workflow(steps: impl IntoIterator<Item = StepBuilder>) -> WorkflowBuilder {
    let empty = WorkflowBuilder::new("test", 1).retry(three_attempts());
    steps.into_iter().fold(empty, WorkflowBuilder::step)
}

pub(crate) fn completed(event: &str, result: Option<&str>) -> Outcome {
    Outcome::Completed {
        event: event_name(event),
        result: result.map(json),
        metadata: BTreeMap::new(),
    }
}

pub(crate) fn failed(kind: FailureKind) -> Outcome {
    Outcome::Failed(Failure::new(kind, "boom"))
}

pub(crate) fn sent(id: &str, event: &str) -> SentEvent {
    SentEvent {
        event_id: EventId::new(id).unwrap(),
        event: event_name(event),
        step: None,
        payload: None,
    }
}

/// A new instance of `workflow`, at the time 0.
pub(crate) fn new_instance() -> NewInstance {
    NewInstance {
        instance: InstanceId("01890000-0000-7000-8000-000000000001".parse().unwrap()),
        digest: Digest([7; 32]),
        business_value: BusinessValue::new("abc123").unwrap(),
        request_id: None,
        initial: json(r#"{"amount":3}"#),
        deadline: None,
        metadata: BTreeMap::new(),
    }
}

impl Rig {
    pub(crate) fn new(builder: WorkflowBuilder) -> Self {
        Self::of(Arc::new(builder.build().unwrap()))
    }

    pub(crate) fn of(workflow: Arc<Workflow>) -> Self {
        let now = Timestamp(0);
        let created = create(&workflow, new_instance(), now);
        let (state, change) = begin(workflow, created, now).unwrap();
        Self {
            state,
            journal: change.entries,
            limits: EngineLimits::default(),
            now,
            timers: change.timers_set.iter().map(|timer| timer.number).collect(),
            answers: BTreeMap::new(),
        }
    }

    /// What `transit` answers from now on.
    pub(crate) fn answer(&mut self, step: &str, event: &str, answer: Routing) {
        self.answers.insert((step.to_owned(), event.to_owned()), answer);
    }

    /// Decides, asks `transit` where the engine wants it, commits, and checks the invariants.
    pub(crate) fn input(&mut self, input: Input) -> Answer {
        let mut decision = decide(&self.state, &input, &self.limits, self.now)?;
        assert_eq!(
            Ok(&decision),
            decide(&self.state, &input, &self.limits, self.now).as_ref(),
            "pure"
        );
        if let Decision::Route { step, event, .. } = decision {
            let key = (step.to_string(), event.to_string());
            let answer = self
                .answers
                .get(&key)
                .cloned()
                .expect("an answer for a dynamic transition");
            let routed = Routed { step, event, answer };
            decision = decide(&self.state, &input.routed(routed), &self.limits, self.now)?;
        }
        let Decision::Records(records) = decision else {
            panic!("asked again: {decision:?}");
        };
        self.commit(records.clone());
        Ok(records)
    }

    fn commit(&mut self, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        let version = self.state.version();
        let (state, change) = advance(self.state.clone(), records, self.now).unwrap();
        for (at, entry) in change.entries.iter().enumerate() {
            assert_eq!(entry.seq, version + 1 + at as u64, "numbers follow");
            let text = serde_json::to_string(entry).unwrap();
            assert_eq!(
                &serde_json::from_str::<JournalEntry>(&text).unwrap(),
                entry,
                "{text}"
            );
        }
        for number in &change.timers_cleared {
            assert!(
                self.timers.remove(number),
                "timer {number} is cleared but was not set"
            );
        }
        for timer in &change.timers_set {
            assert!(
                self.timers.insert(timer.number),
                "timer {} is set twice",
                timer.number
            );
        }
        assert_eq!(change.summary.status, state.status());
        assert_eq!(change.summary.version, state.version());
        assert_eq!(change.summary.unique_key.is_none(), state.status().is_terminal());
        self.state = state;
        self.journal.extend(change.entries);
        self.check();
    }

    /// What always holds between commits.
    fn check(&self) {
        let state = &self.state;
        let folded = InstanceState::fold(state.workflow().clone(), &self.journal).unwrap();
        assert!(folded == *state, "the fold differs:\n{folded:#?}\n{state:#?}");
        assert!(
            state.timers().keys().eq(&self.timers),
            "timers of the store and of the state"
        );
        let (mut ready, mut pausing) = (0, 0);
        for (step, of_step) in state.steps() {
            match of_step {
                StepState::Ready { .. } => {
                    assert!(!step.is_done(), "`done` is never ready between commits");
                    ready += 1;
                }
                StepState::Waiting { timer, .. } => {
                    pausing += 1;
                    assert!(timer.is_none_or(|number| self.timers.contains(&number)));
                }
                StepState::Retrying { timer, .. } => {
                    pausing += 1;
                    assert!(self.timers.contains(timer));
                }
                _ => {}
            }
        }
        let status = state.status();
        if status.is_terminal() {
            assert_eq!((ready, pausing), (0, 0), "an ended instance has no active step");
            assert!(self.timers.is_empty() && state.inbox().next().is_none());
        } else {
            assert!(ready + pausing > 0, "an instance that has not ended can go on");
            assert_eq!(
                status == InstanceStatus::Waiting,
                ready == 0 && self.journal.len() > 1
            );
        }
        assert_eq!(state.waiting_since().is_some(), status == InstanceStatus::Waiting);
        self.check_events();
        self.check_runs();
        Progress::of(&self.journal).check(state);
    }

    /// Every accepted event is in exactly one place.
    fn check_events(&self) {
        let mut places: BTreeMap<&EventId, usize> = BTreeMap::new();
        let waiting = self.state.inbox().chain(self.state.undelivered());
        waiting.for_each(|event| *places.entry(&event.event_id).or_default() += 1);
        for entry in &self.journal {
            if let Record::StepCompleted(completed) = &entry.record
                && let Cause::Sent(id) = &completed.cause
            {
                *places.entry(id).or_default() += 1;
            }
        }
        let accepted = self.journal.iter().filter_map(|entry| match &entry.record {
            Record::EventAccepted(event) => Some(&event.event_id),
            _ => None,
        });
        assert!(accepted.collect::<BTreeSet<_>>().iter().eq(places.keys()));
        assert!(places.values().all(|&count| count == 1), "{places:?}");
    }

    /// No step ends, or becomes ready, twice.
    fn check_runs(&self) {
        let mut ended = BTreeSet::new();
        let mut begun = BTreeSet::new();
        for entry in &self.journal {
            let advance = match &entry.record {
                Record::StepCompleted(completed) => {
                    assert!(ended.insert(&completed.step), "`{}` ends twice", completed.step);
                    Some(&completed.advance)
                }
                Record::StepFailed { advance, .. } => advance.as_ref(),
                _ => None,
            };
            for step in advance
                .into_iter()
                .flat_map(|advance| advance.ready.iter().chain(&advance.dead))
            {
                assert!(begun.insert(step), "`{step}` becomes ready or dead twice");
            }
        }
    }

    /// The attempt that `step` is ready for.
    pub(crate) fn attempt(&self, step: &str) -> u32 {
        let mut ready = self.state.ready();
        let found = ready.find(|(ready, _)| ready.as_str() == step);
        found.unwrap_or_else(|| panic!("`{step}` is not ready")).1
    }

    /// The current attempt of `step` ends.
    pub(crate) fn ends(&mut self, step: &str, outcome: Outcome) -> Answer {
        let attempt = self.attempt(step);
        self.attempt_ends(step, attempt, outcome)
    }

    pub(crate) fn attempt_ends(&mut self, step: &str, attempt: u32, outcome: Outcome) -> Answer {
        self.input(Input::Attempt {
            step: name(step),
            attempt,
            outcome,
            receipt: None,
            retry: None,
            routing: None,
        })
    }

    pub(crate) fn emits(&mut self, step: &str, event: &str) -> Answer {
        self.ends(step, completed(event, None))
    }

    /// As [`Self::emits`], for a first attempt that is not current any more.
    pub(crate) fn emits_late(&mut self, step: &str, event: &str) -> Answer {
        self.attempt_ends(step, 1, completed(event, None))
    }

    pub(crate) fn waits(&mut self, step: &str, resume_after: Option<Duration>) -> Answer {
        self.ends(step, Outcome::Wait { resume_after })
    }

    pub(crate) fn fails(&mut self, step: &str, kind: FailureKind) -> Answer {
        self.ends(step, failed(kind))
    }

    /// The current attempt of `step` is about to be executed.
    pub(crate) fn begins(&mut self, step: &str) -> Answer {
        let step = name(step);
        self.input(Input::AttemptBegins {
            attempt: self.state.attempts(&step).map_or(1, |attempts| attempts.last),
            since: self.state.ready_since(&step),
            step,
        })
    }

    /// What runs of `step` now saves this.
    pub(crate) fn saves(&mut self, step: &str, value: &str) -> Answer {
        let step_ref = name(step);
        let attempt = self.state.attempts(&step_ref).map_or(1, |attempts| attempts.last);
        let since = self.state.ready_since(&step_ref);
        self.saves_as(step, (attempt, since), value)
    }

    /// The execution of this attempt that began when the step was ready since that entry saves this.
    pub(crate) fn saves_as(&mut self, step: &str, (attempt, since): (u32, u64), value: &str) -> Answer {
        self.input(Input::Checkpoint {
            step: name(step),
            attempt,
            since,
            value: json(value),
        })
    }

    pub(crate) fn send(&mut self, event: SentEvent) -> Answer {
        self.input(Input::Event { event, routing: None })
    }

    pub(crate) fn due(&mut self, number: u32) -> Answer {
        self.input(Input::TimerDue {
            number,
            routing: None,
        })
    }

    pub(crate) fn schedule(&mut self, step: &str, delay: Duration) -> Answer {
        self.input(Input::Schedule {
            step: name(step),
            delay,
        })
    }

    pub(crate) fn cancel(&mut self) -> Answer {
        self.input(Input::Cancel {
            reason: Some("enough".to_owned()),
        })
    }

    pub(crate) fn status(&self) -> InstanceStatus {
        self.state.status()
    }
}

/// Compares what an input came to: records as a history, a refusal as its words.
pub(crate) fn check(answer: Answer, expect: Expect) {
    match answer {
        Ok(records) => expect.assert_eq(&show(&records)),
        Err(refusal) => expect.assert_eq(&format!("refused: {refusal}\n")),
    }
}
