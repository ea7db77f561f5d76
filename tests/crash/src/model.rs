//! What the harness knows of the instances of one epoch. Less than the checker: just enough to order sensible things.

use std::collections::BTreeMap;

use hephaestus_core::engine::InstanceStatus;
use hephaestus_core::{InstanceId, TimerId};

use crate::protocol::Order;

/// All instances of an epoch.
#[derive(Debug, Default)]
pub struct Model {
    instances: BTreeMap<InstanceId, Known>,
    /// Acknowledged timers that weren't cancelled.
    pub timers: Vec<TimerId>,
    /// Starts and events that were not answered: a sender repeats them.
    pub unanswered: Vec<Order>,
}

/// What is known of an instance.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Where it stood when it was last looked at.
    pub status: Option<InstanceStatus>,
    /// The version of its journal that was last read.
    pub version: u64,
    /// How often an operator retried it.
    pub retries: u32,
    /// Its deletion was ordered: it may be gone, and nothing else is ordered.
    pub is_doomed: bool,
}

impl Known {
    /// Whether it had ended when it was last looked at.
    pub fn has_ended(&self) -> bool {
        self.is_doomed || self.status.is_some_and(InstanceStatus::is_terminal)
    }
}

impl Model {
    /// What is known of an instance; it is added if it isn't known.
    pub fn at(&mut self, instance: InstanceId) -> &mut Known {
        self.instances.entry(instance).or_default()
    }

    /// What is known of an instance.
    pub fn get(&self, instance: InstanceId) -> Option<&Known> {
        self.instances.get(&instance)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (InstanceId, &Known)> {
        self.instances.iter().map(|(id, known)| (*id, known))
    }

    /// Those that haven't ended, as far as is known.
    pub fn active(&self) -> impl Iterator<Item = InstanceId> {
        self.all()
            .filter(|(_, known)| !known.has_ended())
            .map(|(id, _)| id)
    }

    /// Those that ended well, as their journals show: nothing that was ordered of them can be under way any more.
    pub fn completed(&self) -> impl Iterator<Item = InstanceId> {
        let completed = self.all().filter(|(_, known)| {
            known.status == Some(InstanceStatus::Completed) && known.version > 0 && !known.is_doomed
        });
        completed.map(|(id, _)| id)
    }

    /// Those that failed, and were not retried too often.
    pub fn retryable(&self, most: u32) -> impl Iterator<Item = InstanceId> {
        let failed = self.all().filter(move |(_, known)| {
            known.status == Some(InstanceStatus::Failed) && known.retries < most && !known.is_doomed
        });
        failed.map(|(id, _)| id)
    }
}
