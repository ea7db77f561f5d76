//! The task that owns an instance: load, decide, execute what is ready, commit, repeat; park when there is nothing to do.
//!
//! Invariants:
//!
//! - Only this task decides and commits for its instance (`docs/adr/0004-one-task-owns-an-instance.md`).
//! - `state` is what is durable. What a round decides becomes the state when its commit is durable; only then steps
//!   that it made ready are started, watchers see its entries, and callers their answers.
//! - An outcome that was computed is kept until it is recorded, or until the engine says that it came too late.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use hephaestus_core::engine::{Input, InstanceState};
use hephaestus_core::{InstanceId, Timestamp};

use super::activity::Activity;
use super::crew::Crew;
use super::load::Loaded;
use super::mailbox::Mailbox;
use super::supervisor::Exit;
use super::work::Work;
use super::{Phase, Shared, lock};

/// How many things are decided together, at most.
const MAX_ROUND: usize = 256;

/// See the head of this module.
pub(super) struct InstanceTask<'a> {
    pub(super) shared: Arc<Shared>,
    pub(super) instance: InstanceId,
    pub(super) state: InstanceState,
    /// Nothing, or the same once more: a round changes it, and `state` is there still if the commit fails. Bringing it up
    /// to date costs a few entries, a new copy the whole state.
    pub(super) spare: Option<InstanceState>,
    pub(super) crew: Crew,
    pub(super) mailbox: &'a mut Mailbox,
    pub(super) activity: Arc<Mutex<Activity>>,
    /// What is to be decided next, in this order.
    pub(super) backlog: VecDeque<Work>,
    /// The backlog is not to be tried again before this, unless something new comes.
    pub(super) retry_at: Option<Timestamp>,
    /// Commits that failed one after the other.
    pub(super) failures: u32,
    /// The last one that was acted upon.
    phase: Phase,
    idle_since: Option<Timestamp>,
}

enum Wake {
    /// There is something to decide.
    Work,
    /// Nothing has happened for a while.
    Idle,
    /// The runner begins to end.
    Phase,
}

impl<'a> InstanceTask<'a> {
    pub(super) fn new(
        shared: &Arc<Shared>,
        loaded: Loaded,
        mailbox: &'a mut Mailbox,
        activity: Arc<Mutex<Activity>>,
    ) -> Self {
        let instance = loaded.state.created().instance;
        let mut task = Self {
            shared: Arc::clone(shared),
            instance,
            crew: Crew::new(shared, instance, loaded.code),
            state: loaded.state,
            spare: None,
            mailbox,
            activity,
            backlog: VecDeque::new(),
            retry_at: None,
            failures: 0,
            phase: shared.phase.now(),
            idle_since: None,
        };
        if loaded.is_inherited && !task.state.status().is_terminal() {
            task.backlog.push_back(Work::Own(Input::HostRestarted));
        }
        shared.timers.set(instance, task.state.timers().values());
        lock(&task.activity).is_resident = true;
        task.show(loaded.activity);
        task
    }

    /// Runs until the instance ends or parks, the runner ends, or something breaks.
    pub(super) async fn run(mut self) -> Exit {
        loop {
            self.start_ready();
            if self.is_over() {
                self.break_off().await;
                return Exit::Stopped;
            }
            let exit = match self.gather().await {
                Wake::Work => self.settle().await.err(),
                Wake::Idle => self.retire(),
                Wake::Phase => None,
            };
            if let Some(exit) = exit {
                return exit;
            }
        }
    }

    fn phase(&self) -> Phase {
        self.shared.phase.now()
    }

    /// Nothing is started while the runner drains, nor before the store knows that what ran in the last host is lost.
    fn start_ready(&mut self) {
        let restarts = self
            .backlog
            .iter()
            .any(|work| matches!(work, Work::Own(Input::HostRestarted)));
        if self.phase() == Phase::Open && !restarts {
            self.crew.start_ready(&self.state);
        }
        self.crew.drop_idle();
        lock(&self.activity).running_steps = self.crew.busy();
    }

    /// Whether the runner has ended (perhaps before this task began, which then hears of no change), or drains and
    /// nothing is left to do for it.
    fn is_over(&self) -> bool {
        match self.phase() {
            Phase::Open => false,
            Phase::Draining => self.crew.is_quiet() && self.backlog.is_empty() && self.mailbox.is_empty(),
            Phase::Ended => true,
        }
    }

    /// At an orderly end: records what is known, and that the host is to blame for what is broken off, or was announced
    /// and not begun any more (H-4). Once: if that fails, what ran counts as lost.
    async fn break_off(&mut self) {
        if self.phase() == Phase::Ended && !self.shared.phase.ended_in_order() {
            return;
        }
        self.take_waiting();
        let is_announced = |state: &InstanceState| state.ready().any(|(step, _)| state.has_begun(step));
        if !self.crew.is_quiet() || is_announced(&self.state) {
            self.crew.stop_all();
            self.backlog.push_back(Work::Own(Input::HostStops));
        }
        self.retry_at = None;
        while !self.backlog.is_empty() && self.retry_at.is_none() {
            if let Err(exit) = self.settle().await {
                tracing::warn!(instance = %self.instance, ?exit, "what is broken off can't be recorded");
                return;
            }
        }
    }

    /// Waits until there is something to decide, and takes all of it that is there by then.
    async fn gather(&mut self) -> Wake {
        if self.backlog.is_empty() || self.retry_at.is_some() {
            match self.wait().await {
                Wake::Work => {}
                wake => return wake,
            }
        }
        self.retry_at = None;
        self.idle_since = None;
        self.take_waiting();
        while self.backlog.len() < MAX_ROUND
            && let Ok(request) = self.mailbox.try_recv()
        {
            self.backlog.push_back(request.into());
        }
        Wake::Work
    }

    /// Takes what the attempts have said, and come to.
    fn take_waiting(&mut self) {
        while self.backlog.len() < MAX_ROUND
            && let Some(work) = self.crew.try_next()
        {
            self.backlog.push_back(work);
        }
    }

    async fn wait(&mut self) -> Wake {
        let alarm = self.alarm();
        // At once and not by the clock, whose smallest step is a millisecond: an instance that has ended just goes.
        let is_due = alarm.is_some_and(|alarm| alarm <= self.shared.clock.now());
        if is_due && self.retry_at.is_none() && self.mailbox.is_empty() {
            return Wake::Idle;
        }
        let shared = Arc::clone(&self.shared);
        if shared.phase.now() != self.phase {
            self.phase = shared.phase.now();
            return Wake::Phase;
        }
        tokio::select! {
            biased;
            work = self.crew.next(), if !self.crew.is_quiet() => {
                self.backlog.extend(work);
                Wake::Work
            }
            Some(request) = self.mailbox.recv() => {
                self.backlog.push_back(request.into());
                Wake::Work
            }
            // Seldom true, and asking takes a lock: last but for the clock.
            () = shared.phase.left(self.phase) => {
                self.phase = shared.phase.now();
                Wake::Phase
            }
            () = shared.clock.sleep_until(alarm.unwrap_or(Timestamp(0))), if alarm.is_some() => {
                if self.retry_at.is_some() { Wake::Work } else { Wake::Idle }
            }
        }
    }

    /// When to wake up although nothing happens.
    fn alarm(&mut self) -> Option<Timestamp> {
        if self.retry_at.is_some() {
            return self.retry_at;
        }
        if !self.crew.is_quiet() || self.crew.busy() > 0 {
            return None;
        }
        let now = self.shared.clock.now();
        let since = *self.idle_since.get_or_insert(now);
        let linger = if self.state.status().is_terminal() {
            std::time::Duration::ZERO
        } else {
            self.shared.limits.linger
        };
        Some(since.after(linger))
    }

    /// Gives up task and sandboxes, unless somebody is about to talk to the instance.
    fn retire(&mut self) -> Option<Exit> {
        if self.shared.registry.retire(self.instance) {
            return Some(Exit::Retired);
        }
        // Whoever holds a lease sends something, or lets go of it: look again later.
        self.idle_since = Some(self.shared.clock.now().after(self.shared.limits.first_pause));
        None
    }

    /// Shows the numbers of the instance.
    pub(super) fn show(&mut self, counted: Activity) {
        let mut activity = lock(&self.activity);
        *activity = Activity {
            waiting_since: self.state.waiting_since(),
            running_steps: self.crew.busy(),
            is_resident: true,
            ..counted
        };
    }
}
