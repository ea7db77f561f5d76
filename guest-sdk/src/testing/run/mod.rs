//! Whole paths through a workflow: with the host's own engine, in virtual time.
//!
//! - [`Setup`] is what a run begins with: `setup.rs`, and what it scripts: `attempt.rs`.
//! - `drive.rs` is the loop, `outcome.rs` what the sandbox would make of what the code does, `order.rs` who is first.
//! - `story.rs` tells the journal.

mod attempt;
mod drive;
mod order;
mod outcome;
mod sending;
mod setup;
mod story;
#[cfg(test)]
mod tests;
mod view;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use hephaestus_core::StepRef;
use hephaestus_core::engine::{Input, InstanceFailure};
use serde::Serialize;

use super::{FailureKind, InstanceStatus, Refusal};
use crate::context::script::Capabilities;
use crate::{Event, Step, Workflow};
use drive::Drive;

pub use attempt::Attempt;
pub use sending::{Delivery, Sending};
pub use setup::Setup;
pub use view::StepView;

/// One instance of a workflow, run natively from its input to its end: the host's own engine, the workflow's own code,
/// virtual time, and events that the test sends. No WebAssembly; milliseconds.
///
/// ```
/// use std::time::Duration;
///
/// use hephaestus_guest::testing::{Attempt, TestRun};
/// use hephaestus_guest::{Finished, Initial, Outcome, step, workflow};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     ship_to: String,
/// }
///
/// #[step]
/// fn post(Initial(order): Initial<Order>) -> Outcome<Finished, String> {
///     Finished.with(format!("parcel to {}", order.ship_to))
/// }
///
/// #[step]
/// fn give_up() -> Finished {
///     Finished
/// }
///
/// workflow! {
///     /// Posts a parcel.
///     shipping v1 {
///         #[retry(constant = "1m", attempts = 3)]
///         post => { Finished => done, failed => give_up }
///         give_up => done,
///     }
/// }
///
/// # fn main() {
/// // The carrier is busy once, and takes the parcel then.
/// let mut run = TestRun::of(shipping())
///     .initial(serde_json::json!({ "ship_to": "London" }))
///     .script::<post>([Attempt::retryable("busy")])
///     .start();
/// assert!(run.is_waiting());
/// run.advance(Duration::from_secs(60));
/// run.assert_completed();
/// assert_eq!(run.step_of::<post>().attempts(), 2);
/// assert_eq!(run.result_of::<post>().as_deref(), Some("parcel to London"));
///
/// // The carrier doesn't go there at all.
/// let run = TestRun::of(shipping()).script::<post>([Attempt::permanent("Atlantis")]).start();
/// assert_eq!(run.path(), ["post.failed", "give-up.finished"]);
/// assert_eq!(run.story(), "\
/// 0s       shipping version 1 begins -> post
/// 0s       post: failed (guest-error: Atlantis) -> give-up
/// 0s       give-up: finished -> done
/// 0s       completed
/// ");
/// # }
/// ```
///
/// It behaves as the host does: joins, retries with their pauses, waits with their limits, deadlines, the inbox, `failed`
/// transitions and dynamic ones. A step reads results of steps that lie before it and no others, a panic is a failure of
/// kind `trap`, an outcome that the host would refuse is one of kind `output-invalid`.
///
/// What it doesn't do: steps take no time and share the process, so nothing ends them at their deadline or a limit of
/// memory ([`Attempt::fails`] says that one did); a clock that a step reads by itself is the real one; numbers are as wide
/// as the machine's, files and threads are there; and a checkpoint that is refused fails the attempt.
///
/// If a test fails while the run is there, the run tells its story.
pub struct TestRun {
    drive: Drive,
    /// How many events were sent.
    sent: u64,
    /// Whether a message has told the story already.
    has_told: Cell<bool>,
}

impl TestRun {
    /// Begins to set up a run of `workflow`.
    pub fn of(workflow: Workflow) -> Setup {
        Setup::of(workflow)
    }

    pub(in crate::testing) fn capabilities(&self) -> Rc<RefCell<Capabilities>> {
        Rc::clone(&self.drive.facts.borrow().capabilities)
    }

    fn begun(drive: Drive) -> Self {
        Self {
            drive,
            sent: 0,
            has_told: Cell::new(false),
        }
    }
}

/// What happens from outside.
impl TestRun {
    /// Sends an event; what follows happens before it returns.
    ///
    /// ```no_run
    /// # use hephaestus_guest::testing::{Sending, TestRun};
    /// # fn f(run: &mut TestRun) {
    /// run.send("approved");
    /// run.send(Sending::of("rejected").to("approve"));
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the host would refuse it; [`try_send`](Self::try_send) doesn't.
    #[track_caller]
    pub fn send(&mut self, event: impl Into<Sending>) -> Delivery {
        match self.try_send(event) {
            Ok(delivery) => delivery,
            Err(refusal) => self.fail(&format!("the event is refused: {refusal}")),
        }
    }

    /// As [`send`](Self::send), with a payload: it becomes the result of the step that takes the event.
    #[track_caller]
    pub fn send_with(&mut self, event: impl Into<Sending>, payload: impl Serialize) -> Delivery {
        self.send(event.into().with(payload))
    }

    /// Sends an event, and says why the host would refuse it.
    ///
    /// # Errors
    /// Those of the host: no step can ever take the event, several steps wait for it and none is named, the instance has
    /// ended. Nothing has changed then.
    #[track_caller]
    pub fn try_send(&mut self, event: impl Into<Sending>) -> Result<Delivery, Refusal> {
        self.sent += 1;
        let event = event.into().into_event(self.sent);
        let id = event.event_id.clone();
        let records = self.input(Input::Event { event, routing: None })?;
        Ok(Delivery::of(&id, &records))
    }

    /// Lets this much time pass: pauses between attempts, limits of waits and deadlines come due meanwhile, in their
    /// order.
    pub fn advance(&mut self, time: Duration) {
        let until = self.drive.now.after(time);
        self.drive.pass(until);
    }

    /// Lets time pass until the next timer is due, and says how long that took. `None`: no timer is set.
    pub fn advance_to_next_timer(&mut self) -> Option<Duration> {
        let pause = self.next_timer()?;
        self.advance(pause);
        Some(pause)
    }

    /// An operator cancels the instance.
    ///
    /// # Panics
    /// If it has ended.
    #[track_caller]
    pub fn cancel(&mut self, reason: impl Into<String>) {
        let reason = Some(reason.into());
        if let Err(refusal) = self.input(Input::Cancel { reason }) {
            self.fail(&format!("the instance can't be cancelled: {refusal}"));
        }
    }

    /// An operator retries the failed instance: the step that failed runs again, with fresh attempts.
    ///
    /// # Panics
    /// If it hasn't failed, or is stuck.
    #[track_caller]
    pub fn retry(&mut self) {
        if let Err(refusal) = self.input(Input::Retry) {
            self.fail(&refusal.to_string());
        }
    }

    /// Somebody schedules `timeout` for a step that accepts it.
    ///
    /// # Panics
    /// If the host would refuse it.
    #[track_caller]
    pub fn schedule_resume(&mut self, step: &str, delay: Duration) {
        let step = self.existing(step);
        if let Err(refusal) = self.input(Input::Schedule { step, delay }) {
            self.fail(&format!("the timer is refused: {refusal}"));
        }
    }

    fn input(&mut self, input: Input) -> Result<Vec<hephaestus_core::engine::Record>, Refusal> {
        let records = self.drive.input(input)?;
        self.drive.settle();
        Ok(records)
    }
}

/// What became of it.
impl TestRun {
    /// Where the instance stands. It never is pending or running: those states are over before a method returns.
    pub fn status(&self) -> InstanceStatus {
        self.drive.state.status()
    }

    /// Whether it waits for an event or a timer.
    pub fn is_waiting(&self) -> bool {
        self.status() == InstanceStatus::Waiting
    }

    /// Whether it reached `done`.
    pub fn is_completed(&self) -> bool {
        self.status() == InstanceStatus::Completed
    }

    /// Whether it failed.
    pub fn is_failed(&self) -> bool {
        self.status() == InstanceStatus::Failed
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.status() == InstanceStatus::Cancelled
    }

    /// Why it failed, if it did, and which step that was.
    pub fn failure(&self) -> Option<&InstanceFailure> {
        self.drive.state.failure()
    }

    /// What became of a step.
    ///
    /// # Panics
    /// If the workflow has no such step.
    #[track_caller]
    pub fn step(&self, step: &str) -> StepView<'_> {
        let step = self.existing(step);
        match self.drive.state.step(&step) {
            Some(state) => StepView {
                drive: &self.drive,
                state,
                step,
            },
            None => self.fail(&format!("the state has no step `{step}`")),
        }
    }

    /// As [`step`](Self::step), for a step that is a type.
    #[track_caller]
    pub fn step_of<S: Step>(&self) -> StepView<'_> {
        self.step(S::NAME)
    }

    /// The event that the step `S` ended with; `None` if it hasn't, or failed.
    #[track_caller]
    pub fn event_of<S: Step>(&self) -> Option<S::Event> {
        let name = self.step_of::<S>().event()?;
        S::Event::ALL.iter().copied().find(|event| event.name() == name)
    }

    /// The result of the step `S`; `None` if it has none.
    ///
    /// # Panics
    /// If the workflow has no such step, or the result doesn't fit.
    #[track_caller]
    pub fn result_of<S: Step>(&self) -> Option<S::Output> {
        self.step_of::<S>().result()
    }

    /// The steps that ended and their events, in that order, written as in joins: `reserve.reserved`, `ship.failed`.
    ///
    /// Each step is there once at most, unless an operator retried the instance.
    pub fn path(&self) -> Vec<String> {
        story::path(&self.drive.journal)
    }

    /// How much virtual time has passed since the instance was created.
    pub fn elapsed(&self) -> Duration {
        self.drive.now.since(self.drive.state.created_at())
    }

    /// How long it is until the next timer is due; `None` if none is set.
    pub fn next_timer(&self) -> Option<Duration> {
        self.drive.next_due().map(|due| due.since(self.drive.now))
    }

    /// What happened, one line each, with the time since the beginning: which step ended with which event, where that
    /// led, waits, attempts that failed, what was sent. The same run tells the same story: compare it in snapshot tests.
    pub fn story(&self) -> String {
        story::story(&self.drive.state, &self.drive.journal)
    }

    /// # Panics
    /// If it isn't waiting.
    #[track_caller]
    pub fn assert_waiting(&self) {
        self.assert_status(InstanceStatus::Waiting);
    }

    /// # Panics
    /// If it hasn't completed.
    #[track_caller]
    pub fn assert_completed(&self) {
        self.assert_status(InstanceStatus::Completed);
    }

    /// # Panics
    /// If it hasn't failed, or with another kind.
    #[track_caller]
    pub fn assert_failed(&self, kind: FailureKind) {
        self.assert_status(InstanceStatus::Failed);
        let found = self.failure().map(|failure| failure.failure.kind);
        if found != Some(kind) {
            let found = found.map_or("no kind", FailureKind::as_str);
            self.fail(&format!("expected a failure of kind {kind}, found {found}"));
        }
    }

    /// # Panics
    /// If it wasn't cancelled.
    #[track_caller]
    pub fn assert_cancelled(&self) {
        self.assert_status(InstanceStatus::Cancelled);
    }

    #[track_caller]
    fn assert_status(&self, expected: InstanceStatus) {
        if self.status() != expected {
            self.fail(&format!("expected the instance to be {expected}"));
        }
    }

    #[track_caller]
    fn existing(&self, step: &str) -> StepRef {
        let workflow = self.drive.state.workflow();
        match workflow.index(step) {
            Some(at) => workflow.step(at).name.clone(),
            None => self.fail(&format!("the workflow has no step `{step}`")),
        }
    }

    #[track_caller]
    fn fail(&self, problem: &str) -> ! {
        self.has_told.set(true);
        panic!("{problem}\n{}", self.told());
    }

    fn told(&self) -> String {
        let standing = story::standing(&self.drive.state, self.drive.now);
        let now = story::span(self.elapsed());
        format!("the story so far:\n{}{now:<8} now: {standing}", self.story())
    }
}

/// A test that fails tells the story, whichever assertion it was.
impl Drop for TestRun {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.has_told.get() {
            #[expect(clippy::print_stderr, reason = "for whoever reads why the test failed")]
            {
                eprintln!("{}", self.told());
            }
        }
    }
}
