//! Compiled components, ready to be instantiated, and the ones kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hephaestus_core::Digest;
use hephaestus_core::definition::Workflow;

use super::bindings::WorkflowPre;
use super::ctx::GuestCtx;

/// A component that was compiled, linked and proven.
pub(super) struct Code {
    pub(super) pre: WorkflowPre<GuestCtx>,
    pub(super) workflow: Arc<Workflow>,
}

/// Compiled components by digest. Those whose workflow is held by somebody else too are in use and always stay; of
/// the others the most recently used `spare` ones.
pub(super) struct Cache {
    spare: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    clock: u64,
    by_digest: HashMap<Digest, Entry>,
}

impl Entries {
    /// Drops code, unless somebody came to its workflow (by a weak reference) since it was counted.
    fn evict(&mut self, digest: Digest) {
        let Some(Entry { last_used, code }) = self.by_digest.remove(&digest) else {
            return;
        };
        let code = match Arc::try_unwrap(code) {
            Ok(Code { pre, workflow }) => match Arc::try_unwrap(workflow) {
                Ok(_) => return,
                Err(workflow) => Arc::new(Code { pre, workflow }),
            },
            Err(code) => code,
        };
        self.by_digest.insert(digest, Entry { last_used, code });
    }
}

struct Entry {
    last_used: u64,
    code: Arc<Code>,
}

impl Cache {
    pub(super) fn new(spare: usize) -> Self {
        Self {
            spare,
            entries: Mutex::default(),
        }
    }

    pub(super) fn get(&self, digest: Digest) -> Option<Arc<Code>> {
        let mut entries = self.entries();
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_digest.get_mut(&digest)?;
        entry.last_used = now;
        Some(Arc::clone(&entry.code))
    }

    /// Keeps code; what is kept of that component already stays, and is the answer.
    pub(super) fn insert(&self, digest: Digest, code: Code) -> Arc<Code> {
        let mut entries = self.entries();
        entries.clock += 1;
        let last_used = entries.clock;
        let entry = entries.by_digest.entry(digest).or_insert_with(|| Entry {
            last_used,
            code: Arc::new(code),
        });
        entry.last_used = last_used;
        let code = Arc::clone(&entry.code);
        let mut unused: Vec<(u64, Digest)> = entries
            .by_digest
            .iter()
            .filter(|(_, entry)| {
                Arc::strong_count(&entry.code) == 1 && Arc::strong_count(&entry.code.workflow) == 1
            })
            .map(|(digest, entry)| (entry.last_used, *digest))
            .collect();
        unused.sort_unstable();
        let surplus = unused.len().saturating_sub(self.spare);
        for (_, digest) in &unused[..surplus] {
            entries.evict(*digest);
        }
        code
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
