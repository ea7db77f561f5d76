//! How much is measured.

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// How often figures that are quick are measured.
    pub(crate) rounds: usize,
    /// How many chains run at once.
    pub(crate) chains: usize,
    /// How many chains run one after the other, for the time that one takes.
    pub(crate) lone_chains: usize,
    /// How many calls a component gets without a host.
    pub(crate) raw_calls: usize,
    /// How many instances are parked.
    pub(crate) parked: usize,
    /// How many instances wait while the host restarts.
    pub(crate) waiting: usize,
    /// How many instances have finished before.
    pub(crate) finished: usize,
    /// How many timers come due one after the other.
    pub(crate) timers: usize,
    /// How many timers come due at once.
    pub(crate) due_at_once: usize,
}

impl Scale {
    /// As the figures are meant.
    pub const FULL: Self = Self {
        rounds: 7,
        chains: 1_000,
        lone_chains: 100,
        raw_calls: 100_000,
        parked: 100_000,
        waiting: 100_000,
        finished: 500_000,
        timers: 300,
        due_at_once: 10_000,
    };

    /// Everything once and small, in seconds: to see that it works, not how fast.
    pub const QUICK: Self = Self {
        rounds: 2,
        chains: 20,
        lone_chains: 3,
        raw_calls: 100,
        parked: 40,
        waiting: 50,
        finished: 100,
        timers: 10,
        due_at_once: 50,
    };

    /// With another number of rounds.
    #[must_use]
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds.max(1);
        self
    }
}
