//! Following one instance until it ends, waits for something that doesn't come, or a signal ends the command: what all
//! commands have in common that execute one.

mod tap;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hephaestus_host::core::engine::{self, InstanceState, JournalEntry, StepState};
use hephaestus_host::core::{InstanceId, StepRef, Timestamp};
use hephaestus_host::runner::InstanceRef;
use hephaestus_host::{Host, Watch, WatchEvent};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::Ending;
use crate::error::CommandError;
use crate::output::lines::output_text;
use crate::output::progress::Progress;
use crate::output::text::now;
use crate::report::Report;
use crate::resolved::StoreChoice;
use crate::session::Surroundings;
use crate::signals::Interrupt;
pub(super) use tap::{Heard, Tap};

/// How long running steps may go on after a signal.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// So many of the last lines of each step are kept, to be shown if it fails.
const MAX_KEPT_LINES: usize = 20;

/// The instance to follow.
#[derive(Debug)]
pub(super) struct Attached {
    /// Which one.
    pub(super) instance: InstanceId,
    /// How much of its journal was there before this command.
    pub(super) old_entries: u64,
}

/// What following an instance came to.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The facts.
    pub(crate) report: Report,
    /// Why the command ends.
    pub(crate) ending: Ending,
    /// What guests wrote last, if it failed.
    pub(crate) output: Vec<String>,
    /// What didn't go as asked, without being a failure.
    pub(crate) notices: Vec<String>,
}

/// An instance, and how much of it was seen.
pub(super) struct Follower {
    host: Host,
    target: InstanceRef,
    watch: Watch,
    listener: UnboundedReceiver<Heard>,
    interrupt: Interrupt,
    progress: Progress,
    state: InstanceState,
    history: Vec<JournalEntry>,
    old_entries: u64,
    output: BTreeMap<StepRef, (u32, VecDeque<String>)>,
}

/// What happened next.
enum Next {
    Heard(Heard),
    Seen(Option<WatchEvent>),
    WaitIsOver,
    Interrupted,
}

impl Follower {
    /// Begins to follow, from the instance's beginning.
    pub(super) async fn new(
        host: &Host,
        attached: &Attached,
        around: &Surroundings,
        listener: UnboundedReceiver<Heard>,
    ) -> Result<Self, CommandError> {
        let target = InstanceRef::Id(attached.instance);
        let watch = host.watch(&target, 0).await?;
        let history = host.history(&target).await?;
        let workflow = host.get(&target).await?.workflow().clone();
        let first = &history[..history.len().min(1)];
        let state = InstanceState::fold(workflow, first).map_err(CommandError::host)?;
        let mut progress = Progress::new(around.screen.clone(), &state, around.verbose);
        for entry in first {
            show(&mut progress, entry, &state, attached.old_entries);
        }
        Ok(Self {
            host: host.clone(),
            target,
            watch,
            listener,
            interrupt: around.interrupt.clone(),
            progress,
            history: first.to_vec(),
            state,
            old_entries: attached.old_entries,
            output: BTreeMap::new(),
        })
    }

    /// Says something that isn't in the journal.
    pub(super) fn note(&self, text: &str) {
        self.progress.note(text);
    }

    /// Follows until there is no more to see, or no more to wait for. A waiting instance is followed for `wait`, anew
    /// each time it begins to wait.
    pub(super) async fn follow(&mut self, wait: Duration) -> Result<Ending, CommandError> {
        let mut waiting_since = None;
        loop {
            let give_up_at = if self.is_waiting().await? {
                let since = *waiting_since.get_or_insert_with(Instant::now);
                Some(since.checked_add(wait))
            } else {
                waiting_since = None;
                None
            };
            let next = tokio::select! {
                biased;
                () = self.interrupt.wait() => Next::Interrupted,
                // Before what is seen: a step writes before its end is durable.
                Some(heard) = self.listener.recv() => Next::Heard(heard),
                event = self.watch.next() => Next::Seen(event),
                () = sleep_until(give_up_at.flatten()) => Next::WaitIsOver,
            };
            match next {
                Next::Heard(heard) => self.hear(heard),
                Next::Seen(Some(event)) => self.see(event)?,
                Next::Seen(None) => return Ok(Ending::Ended(self.state.status())),
                Next::WaitIsOver => return Ok(Ending::Waiting),
                Next::Interrupted => return self.wind_up().await,
            }
        }
    }

    /// Whether nothing happens any more until somebody sends an event or a timer that is not yet due fires.
    ///
    /// What was seen may be older than what is durable (an event that was kept in the inbox ends a wait in the commit
    /// that begins it), so the host has the last word.
    async fn is_waiting(&self) -> Result<bool, CommandError> {
        if !waits_for_events(&self.state, now()) {
            return Ok(false);
        }
        let durable = self.host.get(&self.target).await?;
        Ok(durable.version() == self.state.version())
    }

    fn see(&mut self, event: WatchEvent) -> Result<(), CommandError> {
        match event {
            WatchEvent::Entry(entry) => self.see_entry(Arc::unwrap_or_clone(entry)),
            // What runs is known from the state: a step that is ready runs as soon as there is room. What guests write
            // was heard already.
            WatchEvent::AttemptStarted { .. } | WatchEvent::Output { .. } => Ok(()),
            WatchEvent::TaskFailed { reason } => Err(CommandError::host(anyhow::anyhow!(
                "the instance's task failed: {reason}; what is durable is kept"
            ))),
        }
    }

    fn see_entry(&mut self, entry: JournalEntry) -> Result<(), CommandError> {
        if entry.seq <= self.state.version() {
            return Ok(());
        }
        self.state = engine::apply(self.state.clone(), &entry).map_err(CommandError::host)?;
        show(&mut self.progress, &entry, &self.state, self.old_entries);
        self.history.push(entry);
        Ok(())
    }

    fn hear(&mut self, Heard { step, attempt, line }: Heard) {
        self.progress.output(&step, &line);
        let (kept_attempt, kept) = self.output.entry(step).or_default();
        if *kept_attempt != attempt {
            kept.clear();
            *kept_attempt = attempt;
        }
        if kept.len() == MAX_KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(output_text(&line));
    }

    /// After a signal: lets the host end in good order, and sees what still becomes durable.
    async fn wind_up(&mut self) -> Result<Ending, CommandError> {
        self.progress.be_still();
        self.note("ends in good order; interrupt again to end at once");
        let host = self.host.clone();
        let shutdown = tokio::spawn(async move { host.shutdown(GRACE).await });
        while let Some(event) = self.watch.next().await {
            while let Ok(heard) = self.listener.try_recv() {
                self.hear(heard);
            }
            if let WatchEvent::TaskFailed { .. } = event {
                break;
            }
            self.see(event)?;
        }
        shutdown.await.map_err(CommandError::host)?;
        let status = self.state.status();
        Ok(if status.is_terminal() {
            Ending::Ended(status)
        } else {
            Ending::Interrupted
        })
    }

    /// What was seen, as a command reports it.
    pub(super) fn finish(mut self, ending: Ending, notices: Vec<String>, store: StoreChoice) -> Finished {
        let failed = self.state.failure().and_then(|failure| failure.step.clone());
        let output = failed.and_then(|step| self.output.remove(&step));
        Finished {
            report: Report::new(&self.state, self.history, store),
            ending,
            output: output.map(|(_, lines)| lines.into()).unwrap_or_default(),
            notices,
        }
    }
}

fn show(progress: &mut Progress, entry: &JournalEntry, after: &InstanceState, old_entries: u64) {
    if entry.seq > old_entries {
        progress.entry(entry, after);
        return;
    }
    progress.old_entry(entry);
    if entry.seq == old_entries {
        progress.show_active(after);
    }
}

/// Whether some step waits for an event, and nothing goes on by itself: no step is ready or pauses before another
/// attempt, and no timer that ends a wait is due already (as those of an instance that was left alone for long are).
fn waits_for_events(state: &InstanceState, now: Timestamp) -> bool {
    let mut waits = false;
    for (_, step) in state.steps() {
        match step {
            StepState::Ready { .. } | StepState::Retrying { .. } => return false,
            StepState::Waiting { .. } => waits = true,
            StepState::Idle
            | StepState::Completed { .. }
            | StepState::Failed { .. }
            | StepState::Stopped
            | StepState::Dead => {}
        }
    }
    let is_due = state.timers().values().any(|timer| timer.due <= now);
    waits && !is_due && !state.status().is_terminal()
}

async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
