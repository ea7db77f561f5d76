//! From the store to a state: journal, code, fold.

use std::sync::Arc;

use hephaestus_core::InstanceId;
use hephaestus_core::engine::{InstanceState, JournalEntry, Record};

use super::activity::Activity;
use super::code::CodeError;
use super::mailbox::{Mailbox, answer_all};
use super::supervisor::Exit;
use super::{Phase, Shared};
use crate::runner::{InstanceError, InstanceRef, LoadError, LoadedWorkflow};
use crate::store::StoreError;

/// An instance that was loaded.
pub(super) struct Loaded {
    pub(super) state: InstanceState,
    pub(super) code: LoadedWorkflow,
    pub(super) journal: Vec<JournalEntry>,
    pub(super) activity: Activity,
    /// Whether another task, of this host or of one before it, may have executed steps.
    pub(super) is_inherited: bool,
}

impl Loaded {
    /// An instance that was created right now.
    pub(super) fn fresh(state: InstanceState, code: LoadedWorkflow) -> Self {
        Self {
            state,
            code,
            journal: Vec::new(),
            activity: Activity::default(),
            is_inherited: false,
        }
    }
}

/// An instance can't be loaded.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    NoSuchInstance,
    Store(StoreError),
    Code(LoadError),
}

impl Failure {
    /// What to answer to those who ask the instance something.
    pub(super) fn to_error(&self, instance: InstanceId) -> InstanceError {
        match self {
            Self::NoSuchInstance => InstanceError::UnknownInstance(InstanceRef::Id(instance)),
            Self::Store(error) => error.clone().into(),
            Self::Code(error) => error.clone().into(),
        }
    }

    /// Whether it may work later without anybody changing anything but the health of store and host.
    fn is_passing(&self) -> bool {
        match self {
            Self::NoSuchInstance => false,
            Self::Store(error) => error.is_passing(),
            Self::Code(error) => error.is_passing(),
        }
    }
}

/// Reads and folds an instance.
pub(super) async fn load(shared: &Shared, instance: InstanceId) -> Result<Loaded, Failure> {
    let journal = shared.store.journal(instance).await;
    shared.health.read(&*shared.clock, Some(instance), &journal);
    let journal = journal.map_err(Failure::Store)?.ok_or(Failure::NoSuchInstance)?;
    let damaged = |reason: String| {
        Failure::Store(StoreError::Damaged {
            reason: format!("instance {instance}: {reason}"),
        })
    };
    let Some(Record::Created(created)) = journal.first().map(|entry| &entry.record) else {
        return Err(damaged("its journal doesn't begin with its creation".into()));
    };
    let code = match shared.code.get(shared, created.digest).await {
        Ok(code) => code,
        Err(CodeError::Load(error)) => return Err(Failure::Code(error)),
        Err(CodeError::Store(error)) => return Err(Failure::Store(error)),
        Err(error @ CodeError::NotStored(_)) => {
            // Perhaps it was removed after the journal was read, and its code with it.
            return Err(match shared.store.summary(instance).await {
                Ok(None) => Failure::NoSuchInstance,
                _ => damaged(error.to_string()),
            });
        }
    };
    let state = InstanceState::fold(Arc::clone(&code.workflow), &journal)
        .map_err(|error| damaged(error.to_string()))?;
    let mut activity = Activity::default();
    activity.count(&journal);
    Ok(Loaded {
        state,
        code,
        journal,
        activity,
        is_inherited: true,
    })
}

/// Tries to load once. If that fails, those who ask get to know, and the slot is given up: whoever needs the instance
/// (a timer, the recovery at start, a caller) asks again.
pub(super) async fn once(
    shared: &Arc<Shared>,
    instance: InstanceId,
    mailbox: &mut Mailbox,
) -> Result<Loaded, Exit> {
    let failure = match load(shared, instance).await {
        Ok(loaded) => return Ok(loaded),
        Err(failure) => failure,
    };
    let is_said = match &failure {
        Failure::NoSuchInstance => true,
        Failure::Store(error) => shared.health.explains(error),
        Failure::Code(_) => false,
    };
    if !is_said {
        tracing::error!(%instance, error = %failure.to_error(instance), "an instance can't be loaded");
    }
    Err(give_up(shared, instance, mailbox, &failure).await)
}

/// Gives the slot up; those who ask get to know.
async fn give_up(
    shared: &Arc<Shared>,
    instance: InstanceId,
    mailbox: &mut Mailbox,
    failure: &Failure,
) -> Exit {
    shared.registry.evict(instance);
    mailbox.close();
    // Senders that had a place reserved may still put their request in: `recv` waits for them.
    while let Some(request) = mailbox.recv().await {
        let _ = request.reply.send(Err(failure.to_error(instance)));
    }
    Exit::Retired
}

/// The instance was deleted while it had a task.
pub(super) async fn give_up_deleted(
    shared: &Arc<Shared>,
    instance: InstanceId,
    mailbox: &mut Mailbox,
) -> Exit {
    tracing::info!(%instance, "the instance was deleted while it had a task");
    give_up(shared, instance, mailbox, &Failure::NoSuchInstance).await
}

/// Loads as soon as the store allows it. Those who ask meanwhile get to know. An instance that was deleted is nobody's
/// fault: its slot is given up.
pub(super) async fn until_available(
    shared: &Arc<Shared>,
    instance: InstanceId,
    mailbox: &mut Mailbox,
) -> Result<Loaded, Exit> {
    for failures in 1.. {
        let failure = match load(shared, instance).await {
            Ok(loaded) => return Ok(loaded),
            Err(failure) => failure,
        };
        if matches!(failure, Failure::NoSuchInstance) {
            return Err(give_up_deleted(shared, instance, mailbox).await);
        }
        let error = failure.to_error(instance);
        if !failure.is_passing() {
            return Err(Exit::Hopeless(error.to_string()));
        }
        if !matches!(&failure, Failure::Store(error) if shared.health.explains(error)) {
            tracing::warn!(%instance, %error, failures, "an instance can't be loaded now");
        }
        answer_all(mailbox, || failure.to_error(instance));
        let pause = shared.sleep(shared.limits.pause(failures));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                biased;
                () = shared.phase.reached(Phase::Ended) => return Err(Exit::Stopped),
                Some(request) = mailbox.recv() => {
                    let _ = request.reply.send(Err(failure.to_error(instance)));
                }
                () = &mut pause => break,
            }
        }
    }
    Err(Exit::Stopped)
}
