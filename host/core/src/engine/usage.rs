//! What attempts consumed together.

use serde::Serialize;

use super::{JournalEntry, Receipt, Record};

/// The sum over receipts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// How many attempts there are receipts of.
    pub attempts: u64,
    /// How long they took, in microseconds, one after the other.
    pub wall_us: u64,
    /// Their processor time, in microseconds.
    pub cpu_us: u64,
    /// The largest linear memory of any of them, in bytes.
    pub memory_bytes: u64,
    /// What the host handed to them, in bytes.
    pub bytes_in: u64,
    /// What they handed to the host, in bytes.
    pub bytes_out: u64,
    /// How many HTTP requests they sent.
    pub http_requests: u64,
    /// How often they called the host.
    pub host_calls: u64,
}

impl Usage {
    /// Of the attempts in a journal.
    pub fn of(journal: &[JournalEntry]) -> Self {
        let mut usage = Self::default();
        for receipt in journal.iter().filter_map(|entry| entry.record.receipt()) {
            usage.add(receipt);
        }
        usage
    }

    /// Adds an attempt.
    pub fn add(&mut self, receipt: &Receipt) {
        self.merge(&Self {
            attempts: 1,
            wall_us: receipt.wall_us,
            cpu_us: receipt.cpu_us,
            memory_bytes: receipt.memory_bytes,
            bytes_in: receipt.bytes_in,
            bytes_out: receipt.bytes_out,
            http_requests: receipt.http_requests,
            host_calls: receipt.host_calls.total(),
        });
    }

    /// Adds what others consumed.
    pub fn merge(&mut self, other: &Self) {
        let add = |own: &mut u64, more: u64| *own = own.saturating_add(more);
        add(&mut self.attempts, other.attempts);
        add(&mut self.wall_us, other.wall_us);
        add(&mut self.cpu_us, other.cpu_us);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        add(&mut self.bytes_in, other.bytes_in);
        add(&mut self.bytes_out, other.bytes_out);
        add(&mut self.http_requests, other.http_requests);
        add(&mut self.host_calls, other.host_calls);
    }
}

impl Record {
    /// What the attempt consumed that this record is about.
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::StepCompleted(done) => done.receipt.as_ref(),
            Self::StepWaiting { receipt, .. }
            | Self::AttemptFailed { receipt, .. }
            | Self::StepFailed { receipt, .. } => receipt.as_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::engine::HostCalls;

    #[test]
    fn all_is_added_but_memory() {
        let receipt = |memory_bytes| Receipt {
            wall_us: 10,
            cpu_us: 5,
            memory_bytes,
            host_calls: HostCalls {
                context: 2,
                wasi: 3,
                ..HostCalls::default()
            },
            ..Receipt::nothing(Timestamp(0))
        };
        let mut usage = Usage::default();
        usage.add(&receipt(100));
        usage.add(&receipt(70));
        let expected = Usage {
            attempts: 2,
            wall_us: 20,
            cpu_us: 10,
            memory_bytes: 100,
            host_calls: 10,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }
}
