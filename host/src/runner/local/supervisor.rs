//! Starts the tasks of instances, and starts them again when they crash.
//!
//! Invariants: a normal end is not restarted; a crash is, from the store, after a pause and with bounded intensity; an
//! instance that used the intensity up is left alone. A crash stays within the task of its instance.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use hephaestus_core::engine::InstanceState;
use hephaestus_core::{InstanceId, Timestamp};

use super::activity::Activity;
use super::mailbox::{Mailbox, answer_all};
use super::registry::{Lease, Residence};
use super::task::InstanceTask;
use super::watch::WatchEvent;
use super::{Phase, Shared, load};
use crate::runner::{InstanceError, LoadedWorkflow};

/// How a task finds its instance.
pub(super) enum Boot {
    /// It was created right now: nothing of it has run.
    Fresh(Box<InstanceState>, LoadedWorkflow),
    /// It is in the store. Nobody in this process has executed it since it parked.
    Stored,
    /// It is in the store, and the task before this one crashed.
    Crashed,
}

/// How one incarnation of a task ended.
#[derive(Debug)]
pub(super) enum Exit {
    /// The instance has ended, parked, or can't be executed now; its slot is given up.
    Retired,
    /// The runner ends.
    Stopped,
    /// Something happened that a fresh start from the store can mend.
    Crashed(String),
    /// Something happened that nothing mends.
    Hopeless(String),
}

/// A lease on the instance's task, which is started if the instance is parked.
pub(super) fn lease(shared: &Arc<Shared>, instance: InstanceId) -> Result<Lease, InstanceError> {
    let (lease, residence) = shared.registry.lease(instance, shared.limits.max_mailbox)?;
    if let Some(residence) = residence {
        tokio::spawn(supervise(Arc::clone(shared), instance, residence, Boot::Stored));
    }
    Ok(lease)
}

/// The slot of an instance that is about to be created. It is taken before the instance is durable: else somebody who
/// reads it in the store (the recovery at start, a caller with its name) could start a task of its own.
pub(super) struct Reservation {
    shared: Arc<Shared>,
    instance: InstanceId,
    residence: Option<Residence>,
}

impl Reservation {
    pub(super) fn new(shared: &Arc<Shared>, instance: InstanceId) -> Result<Self, InstanceError> {
        let (_, residence) = shared.registry.lease(instance, shared.limits.max_mailbox)?;
        Ok(Self {
            shared: Arc::clone(shared),
            instance,
            residence,
        })
    }

    /// The instance was created: its task starts.
    pub(super) fn start(mut self, state: InstanceState, code: LoadedWorkflow) {
        if let Some(residence) = self.residence.take() {
            let boot = Boot::Fresh(Box::new(state), code);
            tokio::spawn(supervise(
                Arc::clone(&self.shared),
                self.instance,
                residence,
                boot,
            ));
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.residence.is_some() {
            self.shared.registry.evict(self.instance);
        }
    }
}

/// The life of one slot: incarnations of the task until one of them ends normally.
async fn supervise(shared: Arc<Shared>, instance: InstanceId, residence: Residence, mut boot: Boot) {
    let Residence {
        mut mailbox,
        activity,
    } = residence;
    loop {
        let incarnation = incarnate(&shared, instance, &mut mailbox, &activity, boot);
        let exit = match catch_panic(incarnation).await {
            Ok(exit) => exit,
            Err(panic) => Exit::Crashed(panic_message(&*panic)),
        };
        match exit {
            Exit::Retired => return,
            Exit::Stopped => break,
            Exit::Hopeless(reason) => {
                leave_alone(&shared, instance, reason);
                break;
            }
            Exit::Crashed(reason) => {
                if !pause_after_crash(&shared, instance, reason).await {
                    break;
                }
            }
        }
        boot = Boot::Crashed;
    }
    shared.registry.evict(instance);
    mailbox.close();
    answer_all(&mut mailbox, || match shared.registry.why_left_alone(instance) {
        Some(_) => InstanceError::TaskFailed(instance),
        None => InstanceError::ShuttingDown,
    });
}

async fn incarnate(
    shared: &Arc<Shared>,
    instance: InstanceId,
    mailbox: &mut Mailbox,
    activity: &Arc<Mutex<Activity>>,
    boot: Boot,
) -> Exit {
    let loaded = match boot {
        Boot::Fresh(state, code) => load::Loaded::fresh(*state, code),
        Boot::Stored => match load::once(shared, instance, mailbox).await {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        },
        Boot::Crashed => match load::until_available(shared, instance, mailbox).await {
            Ok(loaded) => loaded,
            Err(exit) => return exit,
        },
    };
    InstanceTask::new(shared, loaded, mailbox, Arc::clone(activity))
        .run()
        .await
}

/// Whether the task is to be started again, after the pause that this waits for.
async fn pause_after_crash(shared: &Arc<Shared>, instance: InstanceId, reason: String) -> bool {
    let limits = &shared.limits;
    let crashes = shared
        .registry
        .count_crash(instance, shared.clock.now(), limits.restart_window);
    if crashes > limits.max_restarts {
        leave_alone(
            shared,
            instance,
            format!(
                "{crashes} crashes within {:?}, the last one: {reason}",
                limits.restart_window
            ),
        );
        return false;
    }
    tracing::error!(%instance, crashes, reason, "the task of an instance crashed and is restarted");
    let pause = limits.pause(u32::try_from(crashes).unwrap_or(u32::MAX));
    tokio::select! {
        biased;
        () = shared.phase.reached(Phase::Draining) => false,
        () = shared.sleep(pause) => true,
    }
}

fn leave_alone(shared: &Arc<Shared>, instance: InstanceId, reason: String) {
    tracing::error!(%instance, reason, "the task of an instance keeps failing: the instance is left alone");
    shared.registry.leave_alone(instance, reason.clone());
    shared
        .feeds
        .publish(instance, || vec![WatchEvent::TaskFailed { reason }]);
}

/// The crashes of one instance that count still.
#[derive(Debug, Default)]
pub(super) struct Intensity(VecDeque<Timestamp>);

impl Intensity {
    /// Counts a crash; answers how many count.
    pub(super) fn note(&mut self, now: Timestamp) -> usize {
        self.0.push_back(now);
        self.0.len()
    }

    /// Forgets what is older than `window`; answers how many still count.
    pub(super) fn forget(&mut self, now: Timestamp, window: Duration) -> usize {
        while self.0.front().is_some_and(|at| now.since(*at) > window) {
            self.0.pop_front();
        }
        self.0.len()
    }
}

/// Runs `future` and keeps its panic from the task that it runs in. The future is dropped then: nothing that it owned is
/// seen again, and what it borrowed (mailbox, counters) is left consistent by each single operation on it.
async fn catch_panic<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "panicked: {}",
        text.unwrap_or("with something that is not a text")
    )
}
