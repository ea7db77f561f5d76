//! Versions and their components; what removes them, and instances.

use std::collections::BTreeSet;

use hephaestus_core::{Digest, InstanceId, TimerId, Timestamp};

use super::{StoredVersion, Tables};
use crate::store::{DeleteAnswer, DeployAnswer, DeployedVersion, Purged};

/// How many components one call removes at most.
const MAX_COMPONENTS: usize = 8;

impl Tables {
    pub(super) fn deploy(&mut self, version: DeployedVersion, component: Vec<u8>) -> DeployAnswer {
        let key = (version.workflow.clone(), version.version);
        if let Some(found) = self.versions.get_mut(&key) {
            let digest = found.deployed.digest;
            if digest != version.digest {
                return DeployAnswer::OtherDigest { found: digest };
            }
            if self.components.contains_key(&digest) {
                return DeployAnswer::Unchanged;
            }
            found.stored_at = version.deployed_at;
            self.components.insert(digest, component);
            return DeployAnswer::Restored;
        }
        self.components.entry(version.digest).or_insert(component);
        let stored = StoredVersion {
            stored_at: version.deployed_at,
            deployed: version,
        };
        self.versions.insert(key, stored);
        DeployAnswer::Deployed
    }

    pub(super) fn delete(&mut self, instance: InstanceId) -> DeleteAnswer {
        let Some(found) = self.instances.get(&instance) else {
            return DeleteAnswer::NoSuchInstance;
        };
        let status = found.summary.status;
        if !status.is_terminal() {
            return DeleteAnswer::StillActive { status };
        }
        self.remove(instance);
        DeleteAnswer::Deleted
    }

    /// Removes all of an instance; answers how many entries it had.
    fn remove(&mut self, instance: InstanceId) -> u64 {
        let Some(old) = self.instances.remove(&instance) else {
            return 0;
        };
        self.take_back(&old.summary);
        if let Some(request_id) = &old.request_id {
            self.requests.remove(request_id);
        }
        let version = (old.summary.workflow, old.summary.workflow_version);
        if let Some(count) = self.pinned.get_mut(&version) {
            *count -= 1;
            if *count == 0 {
                self.pinned.remove(&version);
            }
        }
        let [first, last] = [u32::MIN, u32::MAX].map(|number| TimerId { instance, number });
        let timers: Vec<_> = self.timers.range(first..=last).map(|(id, _)| *id).collect();
        for timer in timers {
            self.clear_timer(timer);
        }
        old.journal.len() as u64
    }

    pub(super) fn purge(&mut self, ended_before: Timestamp, limit: usize) -> Purged {
        let mut purged = Purged::default();
        while let Some((at, instance)) = self.ended.first().copied()
            && at < ended_before
        {
            let entries = self
                .instances
                .get(&instance)
                .map_or(0, |found| found.journal.len() as u64);
            if purged.instances > 0 && purged.entries + entries > limit as u64 {
                purged.is_more = true;
                return purged;
            }
            purged.entries += self.remove(instance);
            purged.instances += 1;
        }
        let unneeded = self.unneeded_components(ended_before);
        purged.is_more = unneeded.len() > MAX_COMPONENTS;
        for digest in unneeded.iter().take(MAX_COMPONENTS) {
            self.components.remove(digest);
            purged.components += 1;
        }
        purged
    }

    fn unneeded_components(&self, before: Timestamp) -> Vec<Digest> {
        let needed = self.versions.iter().filter(|(key, version)| {
            let (workflow, number) = key;
            let newer = self.versions.range((workflow.clone(), *number)..);
            let is_superseded = newer
                .take_while(|((name, _), _)| name == workflow)
                .any(|((_, higher), newer)| higher > number && newer.deployed.deployed_at < before);
            version.stored_at >= before || !is_superseded || self.pinned.contains_key(*key)
        });
        let needed: BTreeSet<Digest> = needed.map(|(_, version)| version.deployed.digest).collect();
        let stored = self.components.keys();
        stored
            .filter(|digest| !needed.contains(digest))
            .copied()
            .collect()
    }
}
