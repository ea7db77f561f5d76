//! The attempts of one instance: each in a sandbox and a task of its own, so that parallel steps run in parallel; but one
//! that begins alone runs in the task of the instance, which has nothing else to do: no other needs to be made and woken.
//!
//! Invariants: a step has one attempt at a time, and stays busy until the outcome is recorded; a panic while a step
//! executes is a panic of the instance's task; an attempt of a step that lost one before is executed when the journal says
//! that it begins (B-3).
//!
//! At most `max_running_steps` steps execute, over all instances, in at most `max_sandboxes` sandboxes. An attempt leaves
//! its sandbox, and the right to it, to the next step, which begins as soon as the outcome is recorded: an instance that
//! has begun goes on before others begin, so that few sandboxes serve many instances and each is used warm. What no step
//! needs then is given up at once; and so is, now and then, the right to a sandbox, where others wait for one. Nobody
//! waits for that right who executes, so all get it in the end.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hephaestus_core::context::ContextView;
use hephaestus_core::engine::{Failure, FailureKind, Input, InstanceState, Routed, StepState};
use hephaestus_core::{EventName, InstanceId, Json, StepRef};
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::saves::{Line, Saves};
use super::watch::WatchEvent;
use super::work::Work;
use super::{Phase, Shared};
use crate::runner::{Attempt, AttemptReport, LoadedWorkflow, Sandbox};

/// How often a workflow is asked where a step leads, if the host can't bring it to an answer.
const ROUTING_TRIES: u32 = 3;

/// After how many attempts in a row an instance makes room for another one that waits.
const MAX_IN_A_ROW: u32 = 64;

struct Busy {
    attempt: u32,
    /// See [`InstanceState::ready_since`].
    since: u64,
    /// `None`: it is the [`Lone`] one.
    abort: Option<AbortHandle>,
}

/// An attempt that runs in the task of its instance.
struct Lone {
    step: StepRef,
    attempt: u32,
    running: Pin<Box<dyn Future<Output = Option<Finished>> + Send>>,
}

struct Finished {
    work: Work,
    place: Place,
}

/// A sandbox, and the right to it.
struct Place {
    sandbox: Box<dyn Sandbox>,
    /// `None`: it has yet to be waited for.
    right: Option<OwnedSemaphorePermit>,
    /// Attempts under this right.
    attempts: u32,
}

impl Place {
    /// Waits until something may execute here, which it may as long as the answer is kept.
    async fn enter<'a>(&mut self, shared: &'a Shared) -> Option<SemaphorePermit<'a>> {
        if self.attempts >= MAX_IN_A_ROW && shared.sandboxes.available_permits() == 0 {
            self.right = None;
        }
        // Closed never, these and those: the semaphores are the runner's own.
        if self.right.is_none() {
            self.right = Arc::clone(&shared.sandboxes).acquire_owned().await.ok();
            self.attempts = 0;
        }
        self.attempts = self.attempts.saturating_add(1);
        shared.running.acquire().await.ok()
    }
}

/// See the head of this module.
pub(super) struct Crew {
    shared: Arc<Shared>,
    instance: InstanceId,
    code: LoadedWorkflow,
    /// `None`: the attempt has not begun, and won't in this process.
    tasks: JoinSet<Option<Finished>>,
    lone: Option<Lone>,
    /// What the lone attempt came to while the instance's task was about something else. A panic waits too: it must not
    /// take a commit with it whose answer nobody would hear then.
    finished: Option<std::thread::Result<Finished>>,
    busy: BTreeMap<StepRef, Busy>,
    saves: Saves,
    /// For the steps that begin next.
    idle: Vec<Place>,
}

impl Crew {
    pub(super) fn new(shared: &Arc<Shared>, instance: InstanceId, code: LoadedWorkflow) -> Self {
        Self {
            shared: Arc::clone(shared),
            instance,
            code,
            tasks: JoinSet::new(),
            lone: None,
            finished: None,
            busy: BTreeMap::new(),
            saves: Saves::new(shared),
            idle: Vec::new(),
        }
    }

    /// How many steps execute, or have an outcome that isn't recorded yet.
    pub(super) fn busy(&self) -> usize {
        self.busy.len()
    }

    /// Whether nothing executes: no attempt, no `transit`.
    pub(super) fn is_quiet(&self) -> bool {
        self.tasks.is_empty() && self.lone.is_none() && self.finished.is_none()
    }

    /// Executes what is ready and isn't being executed.
    pub(super) fn start_ready(&mut self, state: &InstanceState) {
        let ready: Vec<_> = state
            .ready()
            .filter(|(step, _)| !self.busy.contains_key(*step))
            .map(|(step, attempt)| (step.clone(), attempt))
            .collect();
        let is_alone = ready.len() == 1 && self.is_quiet();
        for (step, number) in ready {
            let mut attempt = self.attempt(state, step.clone(), number, state.context(&step));
            let line = self.saves.line(state, &step, number);
            attempt.checkpoint = Some(line.checkpoint(state));
            let since = state.ready_since(&step);
            let place = self.place();
            let running = execute(Arc::clone(&self.shared), place, attempt, line);
            let abort = if is_alone {
                self.lone = Some(Lone {
                    step: step.clone(),
                    attempt: number,
                    running: Box::pin(running),
                });
                None
            } else {
                Some(self.tasks.spawn(running))
            };
            self.busy.insert(
                step,
                Busy {
                    attempt: number,
                    since,
                    abort,
                },
            );
        }
    }

    /// Asks the workflow where `work`, which is about to end `step`, leads.
    pub(super) fn route(
        &mut self,
        work: Work,
        state: &InstanceState,
        step: StepRef,
        end: (EventName, Option<Json>),
    ) {
        let (event, result) = end;
        let context = state.routing_context(&step, result.as_ref());
        let number = match state.step(&step) {
            Some(StepState::Ready { attempt } | StepState::Waiting { attempt, .. }) => *attempt,
            _ => 1,
        };
        let busy = work.attempt().map(|(step, attempt)| (step.clone(), attempt));
        let attempt = self.attempt(state, step, number, context);
        let place = self.place();
        let abort = self
            .tasks
            .spawn(transit(Arc::clone(&self.shared), place, attempt, event, work));
        if let Some((step, attempt)) = busy {
            let since = state.ready_since(&step);
            let busy = Busy {
                attempt,
                since,
                abort: Some(abort),
            };
            self.busy.insert(step, busy);
        }
    }

    /// The next thing that was saved or came to its end. `None`: something was stopped.
    pub(super) async fn next(&mut self) -> Option<Work> {
        if let Some(finished) = self.finished.take() {
            return self.take(Some(unwound(finished)));
        }
        tokio::select! {
            biased;
            save = self.saves.next() => save,
            finished = poll_fn(|context| poll_lone(&mut self.lone, context)), if self.lone.is_some() => self.take(finished),
            finished = self.tasks.join_next(), if !self.tasks.is_empty() => self.joined(finished?),
        }
    }

    /// What was saved or has come to its end already.
    pub(super) fn try_next(&mut self) -> Option<Work> {
        loop {
            if let Some(save) = self.saves.try_next() {
                return Some(save);
            }
            if let Some(finished) = self.finished.take() {
                return self.take(Some(unwound(finished)));
            }
            let finished = self.tasks.try_join_next()?;
            if let Some(work) = self.joined(finished) {
                return Some(work);
            }
        }
    }

    /// Does `other` while the lone attempt goes on: it may hold a place that others wait for.
    pub(super) async fn beside<F: Future>(&mut self, other: F) -> F::Output {
        let mut other = pin!(other);
        poll_fn(|context| {
            if let Poll::Ready(output) = other.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            match catch_unwind(AssertUnwindSafe(|| poll_lone(&mut self.lone, context))) {
                Ok(Poll::Pending) => {}
                Ok(Poll::Ready(finished)) => self.finished = finished.map(Ok),
                Err(panic) => {
                    self.lone = None;
                    self.finished = Some(Err(panic));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// The outcome of this attempt is recorded, or nobody cares any more.
    pub(super) fn release(&mut self, step: &StepRef, attempt: u32) {
        if self.busy.get(step).is_some_and(|busy| busy.attempt == attempt) {
            self.busy.remove(step);
        }
    }

    /// Stops attempts of steps that are not to be executed any more.
    pub(super) fn stop_others(&mut self, state: &InstanceState) {
        let lone = &mut self.lone;
        self.busy.retain(|step, busy| {
            let goes_on =
                matches!(state.step(step), Some(StepState::Ready { attempt }) if *attempt == busy.attempt)
                    && state.ready_since(step) == busy.since;
            if !goes_on {
                match &busy.abort {
                    Some(task) => task.abort(),
                    None => drop(lone.take_if(|lone| lone.step == *step && lone.attempt == busy.attempt)),
                }
            }
            goes_on
        });
    }

    /// Stops all that executes.
    pub(super) fn stop_all(&mut self) {
        self.tasks.abort_all();
        self.lone = None;
    }

    /// Gives up what no step has taken over.
    pub(super) fn drop_idle(&mut self) {
        self.idle.clear();
    }

    fn take(&mut self, finished: Option<Finished>) -> Option<Work> {
        let Finished { work, place } = finished?;
        self.idle.push(place);
        Some(work)
    }

    fn joined(&mut self, finished: Result<Option<Finished>, JoinError>) -> Option<Work> {
        match finished {
            Ok(finished) => self.take(finished),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_cancelled) => None,
            },
        }
    }

    fn place(&mut self) -> Place {
        self.idle.pop().unwrap_or_else(|| Place {
            sandbox: self.shared.executor.sandbox(&self.code),
            right: None,
            attempts: 0,
        })
    }

    fn attempt(&self, state: &InstanceState, step: StepRef, number: u32, context: ContextView) -> Attempt {
        let created = state.created();
        let definition = state.workflow().find(&step);
        Attempt {
            instance: self.instance,
            business_id: created.business_id.clone(),
            workflow: created.workflow.clone(),
            version: created.version,
            attempt: number,
            context,
            config: definition.and_then(|step| step.config.clone()),
            deadline: definition.and_then(|step| step.deadline),
            started_at: self.shared.clock.now(),
            checkpoint: None,
            step,
        }
    }
}

/// Goes on with a panic that had to wait.
fn unwound<T>(finished: std::thread::Result<T>) -> T {
    finished.unwrap_or_else(|panic| resume_unwind(panic))
}

/// What the lone attempt comes to. Pending if there is none.
fn poll_lone(lone: &mut Option<Lone>, context: &mut Context<'_>) -> Poll<Option<Finished>> {
    let Some(attempt) = lone else { return Poll::Pending };
    let polled = attempt.running.as_mut().poll(context);
    if polled.is_ready() {
        *lone = None;
    }
    polled
}

async fn execute(
    shared: Arc<Shared>,
    mut place: Place,
    mut attempt: Attempt,
    line: Line,
) -> Option<Finished> {
    let (instance, step, number) = (attempt.instance, attempt.step.clone(), attempt.attempt);
    // The place first, because it is free as a rule, and waiting for the end takes a lock.
    let running = tokio::select! {
        biased;
        running = place.enter(&shared) => running,
        () = shared.phase.reached(Phase::Draining) => return None,
    };
    if shared.phase.now() >= Phase::Draining {
        return None;
    }
    // Not before it has a place: what only waits for one is not to blame for the end of its host.
    if !line.announce().await {
        return None;
    }
    attempt.started_at = shared.clock.now();
    shared.feeds.publish(instance, || {
        vec![WatchEvent::AttemptStarted {
            step: step.clone(),
            attempt: number,
        }]
    });
    let report = place.sandbox.execute(attempt).await;
    drop(running);
    let AttemptReport {
        outcome,
        receipt,
        output,
        retry,
    } = report;
    shared.feeds.publish(instance, || {
        let lines = output.into_iter();
        lines
            .map(|line| WatchEvent::Output {
                step: step.clone(),
                attempt: number,
                line,
            })
            .collect()
    });
    let work = Work::Own(Input::Attempt {
        step,
        attempt: number,
        outcome,
        receipt: Some(receipt),
        retry,
        routing: None,
    });
    Some(Finished { work, place })
}

async fn transit(
    shared: Arc<Shared>,
    mut place: Place,
    mut attempt: Attempt,
    event: EventName,
    work: Work,
) -> Option<Finished> {
    let running = place.enter(&shared).await;
    let step = attempt.step.clone();
    let mut tries = 0;
    let answer = loop {
        attempt.started_at = shared.clock.now();
        let answer = place.sandbox.transit(attempt.clone(), &event).await;
        tries += 1;
        match answer {
            // A host that is busy, or in trouble, is no answer of the workflow.
            Err(Failure {
                kind: FailureKind::Deadline | FailureKind::Host,
                message,
                ..
            }) => {
                if tries == ROUTING_TRIES {
                    let message = format!("{message}; asked {tries} times");
                    break Err(Failure::new(FailureKind::Routing, message));
                }
                tracing::warn!(instance = %attempt.instance, %step, message, tries, "`transit` is asked again");
                shared.sleep(shared.limits.pause(tries)).await;
            }
            answer => break answer,
        }
    };
    drop(running);
    Some(Finished {
        work: work.routed(Routed { step, event, answer }),
        place,
    })
}
