//! One round of an instance: decide what has come in, commit it, and deal with whatever the store answers.

use std::sync::Arc;

use hephaestus_core::engine::{
    Change, Decision, InstanceState, JournalEntry, Record, advance, apply, decide,
};
use hephaestus_core::{InstanceId, Timestamp};

use super::Shared;
use super::load;
use super::lock;
use super::mailbox::{Accepted, Answer};
use super::supervisor::Exit;
use super::task::InstanceTask;
use super::watch::WatchEvent;
use super::work::Work;
use crate::runner::{InstanceError, InstanceRef};
use crate::store::{StoreError, Write, WriteAnswer};

/// What was decided together, and isn't durable yet.
#[derive(Default)]
struct Round {
    /// The state and the commit that follow from it; `None`: nothing changes.
    next: Option<(InstanceState, Change)>,
    /// What it answers, with the answers.
    decided: Vec<(Work, Answer)>,
}

impl Round {
    /// `before` makes the state that the first records change.
    fn add(
        &mut self,
        before: impl FnOnce() -> InstanceState,
        records: Vec<Record>,
        now: Timestamp,
    ) -> Result<(), Exit> {
        if records.is_empty() {
            return Ok(());
        }
        let (before, change) = match self.next.take() {
            Some((state, change)) => (state, Some(change)),
            None => (before(), None),
        };
        let (after, added) = advance(before, records, now)
            .map_err(|error| Exit::Crashed(format!("the engine doesn't accept its own records: {error}")))?;
        let change = match change {
            Some(change) => joined(change, added),
            None => added,
        };
        self.next = Some((after, change));
        Ok(())
    }
}

/// Two changes that follow each other, as one.
fn joined(mut first: Change, second: Change) -> Change {
    first.entries.extend(second.entries);
    for number in second.timers_cleared {
        match first.timers_set.iter().position(|timer| timer.number == number) {
            Some(at) => {
                first.timers_set.remove(at);
            }
            None => first.timers_cleared.push(number),
        }
    }
    first.timers_set.extend(second.timers_set);
    first.summary = second.summary;
    first
}

impl InstanceTask<'_> {
    /// Decides the backlog and commits what follows.
    pub(super) async fn settle(&mut self) -> Result<(), Exit> {
        let mut round = self.decide_round()?;
        let Some((after, change)) = round.next.take() else {
            self.answer(round.decided);
            return Ok(());
        };
        let write = Arc::new(Write::Append {
            instance: self.instance,
            expected_version: self.state.version(),
            change,
        });
        let answer = self.crew.beside(self.shared.write(Arc::clone(&write))).await;
        let Change {
            entries,
            timers_cleared,
            ..
        } = write.change();
        match answer {
            Ok(WriteAnswer::Committed) => {
                self.shared.timers.clear(self.instance, timers_cleared);
                self.become_durable(after, entries);
                self.answer(round.decided);
                Ok(())
            }
            Ok(WriteAnswer::Conflict { found }) => self.reload_after_conflict(round.decided, found).await,
            Ok(WriteAnswer::AlreadyActive { holder }) => {
                // Only a retry asks for a unique key, and it is decided alone.
                for (work, _) in round.decided {
                    work.answer(Err(InstanceError::AlreadyRunning {
                        business_id: holder.business_id.clone(),
                        instance: holder.instance,
                    }));
                }
                Ok(())
            }
            Ok(
                answer @ (WriteAnswer::RepeatedRequest { .. }
                | WriteAnswer::ComponentRemoved
                | WriteAnswer::Failed { .. }),
            ) => Err(Exit::Crashed(format!(
                "the store answers {answer:?} to more entries"
            ))),
            Err(error @ StoreError::Unknown { .. }) => {
                self.reload_after_unknown(round.decided, entries, error).await
            }
            Err(error @ StoreError::Malformed { .. }) => Err(Exit::Crashed(error.to_string())),
            Err(error @ StoreError::Unavailable { .. }) => {
                self.put_back(round.decided, &error);
                Ok(())
            }
            // As when it is loaded: waiting mends nothing.
            Err(error) => {
                self.put_back(round.decided, &error);
                Err(Exit::Hopeless(error.to_string()))
            }
        }
    }

    /// Decides as much of the backlog as belongs into one commit.
    fn decide_round(&mut self) -> Result<Round, Exit> {
        let now = self.shared.clock.now();
        let mut round = Round::default();
        let mut later = Vec::new();
        while let Some(work) = self.backlog.pop_front() {
            let is_first = round.next.is_none() && round.decided.is_empty();
            if work.is_retry() && !is_first {
                self.backlog.push_front(work);
                break;
            }
            let is_retry = work.is_retry();
            let state = round.next.as_ref().map_or(&self.state, |(state, _)| state);
            let decision = match work.input() {
                Some(input) => decide(state, input, &self.shared.limits.engine, now),
                None => Ok(Decision::Records(Vec::new())),
            };
            match decision {
                Ok(Decision::Records(records)) => {
                    let answer = Ok(accepted(&records));
                    let (spare, state) = (&mut self.spare, &self.state);
                    let before = || {
                        let spare = spare.take().filter(|spare| spare.version() == state.version());
                        spare.unwrap_or_else(|| state.clone())
                    };
                    round.add(before, records, now)?;
                    round.decided.push((work, answer));
                }
                Ok(Decision::Route { step, event, result }) if round.next.is_none() => {
                    self.crew.route(work, &self.state, step, (event, result));
                }
                // A guest is asked on the ground of durable facts only: in the next round.
                Ok(Decision::Route { .. }) => later.push(work),
                Err(refusal) => round.decided.push((work, Err(refusal.into()))),
            }
            if is_retry {
                break;
            }
        }
        for work in later.into_iter().rev() {
            self.backlog.push_front(work);
        }
        Ok(round)
    }

    /// `after` is the state now, and everybody may know.
    fn become_durable(&mut self, after: InstanceState, entries: &[JournalEntry]) {
        self.failures = 0;
        let before = std::mem::replace(&mut self.state, after);
        if !self.state.status().is_terminal() {
            self.spare = entries.iter().try_fold(before, apply).ok();
        }
        self.shared
            .timers
            .set(self.instance, self.state.timers().values());
        let mut activity = *lock(&self.activity);
        activity.count(entries);
        self.show(activity);
        self.publish(entries);
        self.crew.stop_others(&self.state);
    }

    fn publish(&self, entries: &[JournalEntry]) {
        let events = || {
            entries
                .iter()
                .cloned()
                .map(Arc::new)
                .map(WatchEvent::Entry)
                .collect()
        };
        self.shared.feeds.publish(self.instance, events);
    }

    /// Gives the answers. What was decided for us is over: recorded, or too late.
    fn answer(&mut self, decided: Vec<(Work, Answer)>) {
        for (work, answer) in decided {
            let Some(own) = work.answer(answer) else { continue };
            if let Some((step, attempt)) = own.attempt() {
                self.crew.release(step, attempt);
            }
        }
    }

    /// Nothing was changed. Who asked gets to know; what was found out here is kept, and tried again later.
    fn put_back(&mut self, decided: Vec<(Work, Answer)>, error: &StoreError) {
        self.failures += 1;
        if self.shared.health.explains(error) {
            tracing::debug!(instance = %self.instance, %error, failures = self.failures, "a commit failed");
        } else {
            tracing::warn!(instance = %self.instance, %error, failures = self.failures, "a commit failed");
        }
        let undecided = std::mem::take(&mut self.backlog);
        let works = decided.into_iter().map(|(work, _)| work).chain(undecided);
        self.backlog = works
            .filter_map(|work| work.answer(Err(error.clone().into())))
            .collect();
        let now = self.shared.clock.now();
        self.retry_at =
            (!self.backlog.is_empty()).then(|| now.after(self.shared.limits.pause(self.failures)));
    }

    /// Somebody else wrote: what was decided is decided again on the ground of that.
    async fn reload_after_conflict(
        &mut self,
        decided: Vec<(Work, Answer)>,
        found: Option<u64>,
    ) -> Result<(), Exit> {
        if found.is_none() && is_deleted(&self.shared, self.instance).await {
            let answer = |work: Work| {
                let instance = InstanceRef::Id(self.instance);
                drop(work.answer(Err(InstanceError::UnknownInstance(instance))));
            };
            decided.into_iter().map(|(work, _)| work).for_each(answer);
            self.backlog.drain(..).for_each(answer);
            return Err(load::give_up_deleted(&self.shared, self.instance, self.mailbox).await);
        }
        let limits = &self.shared.limits;
        let conflicts =
            self.shared
                .registry
                .count_crash(self.instance, self.shared.clock.now(), limits.restart_window);
        let expected = self.state.version();
        tracing::error!(instance = %self.instance, expected, ?found, conflicts, "another owner writes to the instance");
        if conflicts > limits.max_restarts {
            return Err(Exit::Hopeless(format!(
                "another owner writes to the instance: version {expected} expected, {found:?} found"
            )));
        }
        let undecided = std::mem::take(&mut self.backlog);
        self.backlog = decided
            .into_iter()
            .map(|(work, _)| work)
            .chain(undecided)
            .collect();
        let pause = limits.pause(u32::try_from(conflicts).unwrap_or(u32::MAX));
        self.crew.beside(self.shared.sleep(pause)).await;
        let loaded = self.load_again().await?;
        self.replace_state(loaded);
        Ok(())
    }

    /// The write may have survived: look. Who asked gets to know what became of it.
    async fn reload_after_unknown(
        &mut self,
        mut decided: Vec<(Work, Answer)>,
        entries: &[JournalEntry],
        error: StoreError,
    ) -> Result<(), Exit> {
        tracing::debug!(instance = %self.instance, %error, "the store can't tell whether a commit survived");
        let loaded = match self.crew.beside(load::load(&self.shared, self.instance)).await {
            Ok(loaded) => loaded,
            Err(_) => {
                // Nobody is kept waiting for a store that may be gone for long.
                let own = decided.into_iter().filter_map(|(work, answer)| {
                    work.answer(Err(error.clone().into())).map(|work| (work, answer))
                });
                decided = own.collect();
                self.load_again().await?
            }
        };
        let survived = has_survived(&loaded.journal, entries);
        self.replace_state(loaded);
        if survived {
            self.failures = 0;
            self.answer(decided);
        } else {
            self.put_back(decided, &error.lost("a write"));
        }
        Ok(())
    }

    async fn load_again(&mut self) -> Result<load::Loaded, Exit> {
        let loaded = load::until_available(&self.shared, self.instance, self.mailbox);
        self.crew.beside(loaded).await
    }

    fn replace_state(&mut self, loaded: load::Loaded) {
        let seen = self.state.version();
        self.state = loaded.state;
        self.spare = None;
        self.shared
            .timers
            .set(self.instance, self.state.timers().values());
        self.show(loaded.activity);
        let first_unseen = loaded.journal.partition_point(|entry| entry.seq <= seen);
        self.publish(&loaded.journal[first_unseen..]);
        self.crew.stop_others(&self.state);
    }
}

/// Whether an operator or the retention has removed the instance: it had ended.
async fn is_deleted(shared: &Shared, instance: InstanceId) -> bool {
    matches!(shared.store.summary(instance).await, Ok(None))
}

/// Whether `entries` are part of `journal`, as they are.
fn has_survived(journal: &[JournalEntry], entries: &[JournalEntry]) -> bool {
    let Some(first) = entries.first() else { return true };
    let at = journal.partition_point(|entry| entry.seq < first.seq);
    journal[at..].starts_with(entries)
}

/// What there is to tell about records that became durable.
fn accepted(records: &[Record]) -> Accepted {
    let timer = records.iter().find_map(|record| match record {
        Record::TimerSet(timer) => Some(timer.number),
        _ => None,
    });
    Accepted { timer }
}
