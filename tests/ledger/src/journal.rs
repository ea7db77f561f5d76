//! What is kept of a journal to see whether it changes. Entries are compared whole while the instance goes on; of one
//! that has ended only digests are kept, so that a long run fits into memory.

use std::hash::{DefaultHasher, Hasher};
use std::io;

use hephaestus_core::InstanceId;
use hephaestus_core::engine::JournalEntry;

use crate::Violation;

/// The known entries of an instance: first those as digests, then those that are whole.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    digests: Vec<u64>,
    entries: Vec<JournalEntry>,
}

impl Journal {
    /// The number of the last known entry.
    pub(crate) fn version(&self) -> u64 {
        number(self.digests.len() + self.entries.len())
    }

    /// Compares what is known with what is there now, and answers with what is new.
    pub(crate) fn compare(
        &self,
        instance: InstanceId,
        mut found: Vec<JournalEntry>,
    ) -> Result<Vec<JournalEntry>, Violation> {
        let known = self.version();
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return Err(Violation::JournalShrunk {
                instance,
                was: known,
                now: 0,
            });
        };
        if last.seq < known {
            return Err(Violation::JournalShrunk {
                instance,
                was: known,
                now: last.seq,
            });
        }
        let mut after = first.seq.saturating_sub(1).min(known);
        for entry in &found {
            if entry.seq != after + 1 {
                return Err(Violation::Gap {
                    instance,
                    after,
                    found: entry.seq,
                });
            }
            after = entry.seq;
            if entry.seq <= known {
                self.compare_entry(instance, entry)?;
            }
        }
        let old = found.iter().take_while(|entry| entry.seq <= known).count();
        Ok(found.split_off(old))
    }

    fn compare_entry(&self, instance: InstanceId, now: &JournalEntry) -> Result<(), Violation> {
        let at = usize::try_from(now.seq - 1).unwrap_or(usize::MAX);
        let was = match self.digests.get(at) {
            Some(known) if *known == digest(now) => return Ok(()),
            Some(_) => None,
            None => match self.entries.get(at - self.digests.len()) {
                Some(known) if known == now => return Ok(()),
                known => known.cloned().map(Box::new),
            },
        };
        Err(Violation::EntryChanged {
            instance,
            seq: now.seq,
            was,
            now: Box::new(now.clone()),
        })
    }

    /// Keeps more entries, which follow the known ones.
    pub(crate) fn extend(&mut self, entries: Vec<JournalEntry>) {
        self.entries.extend(entries);
    }

    /// Keeps digests only.
    pub(crate) fn shrink(&mut self) {
        self.digests.extend(self.entries.iter().map(digest));
        self.digests.shrink_to_fit();
        self.entries = Vec::new();
    }
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Of the stored form.
fn digest(entry: &JournalEntry) -> u64 {
    struct Digesting(DefaultHasher);
    impl io::Write for Digesting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut digesting = Digesting(DefaultHasher::new());
    let written = serde_json::to_writer(&mut digesting, entry);
    debug_assert!(written.is_ok(), "every record has a stored form");
    digesting.0.finish()
}
