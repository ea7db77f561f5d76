//! The loop: execute what is ready, decide what follows, commit it; and let timers come due.
//!
//! It does what the host's instance task does, with the same engine. Invariants:
//!
//! - A step is executed as soon as it is ready, with what it may read then; outcomes are decided one at a time.
//! - Steps take no time: the clock moves only when the test says so, and never past a timer that is due.
//! - When it stops, nothing is ready, no outcome is left (those of steps that were stopped came too late), and no timer is
//!   due.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use hephaestus_core::context::ContextView;
use hephaestus_core::engine::{
    Decision, EngineLimits, Failure, FailureKind, Input, InstanceState, JournalEntry, Outcome, Record,
    Refusal, Routed, Routing, advance, decide,
};
use hephaestus_core::{EventName, Json, StepRef, Timestamp};

use super::attempt::Scripts;
use super::order::Order;
use super::outcome::{outcome, routing, run};
use crate::context::memory::{Facts, Memory};
use crate::testing::LogLine;
use crate::{Context, Workflow};

/// An instance, its code, and the virtual clock.
pub(super) struct Drive {
    pub(super) code: Workflow,
    pub(super) scripts: Scripts,
    pub(super) order: Order,
    pub(super) state: InstanceState,
    pub(super) journal: Vec<JournalEntry>,
    pub(super) now: Timestamp,
    pub(super) facts: Rc<RefCell<Facts>>,
    /// Attempts whose outcomes are not decided yet, in the order in which they began.
    pub(super) running: Vec<Running>,
    pub(super) seen: BTreeMap<StepRef, Seen>,
}

/// An attempt that was executed.
pub(super) struct Running {
    step: StepRef,
    attempt: u32,
    outcome: Outcome,
}

/// What was seen of a step's attempts.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) attempts: u32,
    pub(super) logs: Vec<LogLine>,
}

impl Drive {
    /// Goes on until nothing is ready and no timer is due.
    pub(super) fn settle(&mut self) {
        loop {
            self.start_ready();
            let input = match self.order.take(&mut self.running) {
                Some(ended) => Input::Attempt {
                    step: ended.step,
                    attempt: ended.attempt,
                    outcome: ended.outcome,
                    receipt: None,
                    retry: None,
                    routing: None,
                },
                None => match self.due_timer() {
                    Some(number) => Input::TimerDue {
                        number,
                        routing: None,
                    },
                    None => return,
                },
            };
            if let Err(refusal) = self.input(input) {
                panic!("the engine refuses what it asked for: {refusal}");
            }
        }
    }

    /// Lets time pass, with all that comes due meanwhile.
    pub(super) fn pass(&mut self, until: Timestamp) {
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.settle();
        }
        self.now = until;
    }

    /// When the next timer is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.state.timers().values().map(|timer| timer.due).min()
    }

    fn due_timer(&mut self) -> Option<u32> {
        let next = self.next_due().filter(|due| *due <= self.now)?;
        let timers = self.state.timers().values();
        let mut due: Vec<u32> = timers
            .filter(|timer| timer.due == next)
            .map(|timer| timer.number)
            .collect();
        self.order.take(&mut due)
    }

    /// Decides an input and commits what follows.
    pub(super) fn input(&mut self, mut input: Input) -> Result<Vec<Record>, Refusal> {
        let limits = EngineLimits::default();
        loop {
            match decide(&self.state, &input, &limits, self.now)? {
                Decision::Records(records) => {
                    self.commit(records.clone());
                    return Ok(records);
                }
                Decision::Route { step, event, result } => {
                    let answer = self.choose(&step, &event, result.as_ref());
                    input = input.routed(Routed { step, event, answer });
                }
            }
        }
    }

    fn commit(&mut self, records: Vec<Record>) {
        if records.is_empty() {
            return;
        }
        match advance(self.state.clone(), records, self.now) {
            Ok((state, change)) => {
                self.state = state;
                self.journal.extend(change.entries);
            }
            Err(error) => panic!("the engine doesn't accept its own records: {error}"),
        }
    }

    /// Executes what is ready and wasn't executed yet.
    fn start_ready(&mut self) {
        let is_new = |step: &StepRef| self.running.iter().all(|running| running.step != *step);
        let ready = self.state.ready().filter(|(step, _)| is_new(step));
        let mut ready: Vec<(StepRef, u32)> = ready.map(|(step, attempt)| (step.clone(), attempt)).collect();
        while let Some((step, attempt)) = self.order.take(&mut ready) {
            let outcome = self.execute(&step, attempt);
            self.running.push(Running {
                step,
                attempt,
                outcome,
            });
        }
    }

    fn execute(&mut self, step: &StepRef, attempt: u32) -> Outcome {
        let ctx = self.context(step, attempt, self.state.context(step));
        self.seen.entry(step.clone()).or_default().attempts += 1;
        let scripted = self.scripts.play(step, &ctx);
        let returned = scripted.unwrap_or_else(|| run(|| self.code.execute(step.as_str(), &ctx)));
        self.keep_logs(step);
        let outcome = returned.map_or_else(Outcome::Failed, outcome);
        match self.save_checkpoints(step, attempt) {
            Ok(()) => outcome,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// What the attempt saved. In the host the engine refuses while the code runs, which then fails with these words; here
    /// the code has gone on, but comes to the same.
    fn save_checkpoints(&mut self, step: &StepRef, attempt: u32) -> Result<(), Failure> {
        let saved = std::mem::take(&mut self.facts.borrow_mut().checkpoints);
        for progress in saved {
            let refused = |reason: String| {
                let message = format!("the checkpoint of step `{step}` is refused: {reason}");
                Failure::new(FailureKind::GuestError, message)
            };
            let value = Json::parse(&progress).map_err(|error| refused(error.to_string()))?;
            let input = Input::Checkpoint {
                step: step.clone(),
                attempt,
                since: self.state.ready_since(step),
                value,
            };
            self.input(input)
                .map_err(|refusal| refused(refusal.to_string()))?;
        }
        Ok(())
    }

    /// Asks the workflow's own chooser where `step` leads, which is about to end with `event`.
    fn choose(&mut self, step: &StepRef, event: &EventName, result: Option<&Json>) -> Routing {
        let attempt = self.state.attempts(step).map_or(1, |attempts| attempts.last);
        let ctx = self.context(step, attempt, self.state.routing_context(step, result));
        let chosen = run(|| self.code.transit(step.as_str(), event.as_str(), &ctx));
        self.keep_logs(step);
        routing(chosen)
    }

    fn context(&self, step: &StepRef, attempt: u32, view: ContextView) -> Context {
        let workflow = self.state.workflow();
        let text = |json: Json| json.as_str().to_owned();
        let mut facts = self.facts.borrow_mut();
        facts.results = view
            .results
            .into_iter()
            .map(|(step, result)| (step.to_string(), result.map(text)))
            .collect();
        facts.graph = Some(Arc::clone(workflow));
        facts.config = workflow.find(step).and_then(|step| step.config.clone()).map(text);
        facts.step = step.to_string();
        facts.attempt = attempt;
        facts.checkpoint = self.state.checkpoint(step).cloned().map(text);
        Context::new(Memory(Rc::clone(&self.facts)))
    }

    fn keep_logs(&mut self, step: &StepRef) {
        let logs = std::mem::take(&mut self.facts.borrow_mut().logs);
        if !logs.is_empty() {
            self.seen.entry(step.clone()).or_default().logs.extend(logs);
        }
    }
}
