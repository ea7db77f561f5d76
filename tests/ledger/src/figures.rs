//! What was seen, in numbers: a proof that saw nothing proves nothing.

use std::fmt;

/// How much of everything was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Instances that were acknowledged, or found in the store.
    pub instances: u64,
    /// Acknowledged starts.
    pub starts: u64,
    /// Acknowledged events.
    pub events: u64,
    /// Acknowledged timers.
    pub timers: u64,
    /// Acknowledged cancellations of timers.
    pub timers_cancelled: u64,
    /// Acknowledged orders of operators.
    pub orders: u64,
    /// Checkpoints whose save returned.
    pub saves: u64,
    /// Attempts that began.
    pub attempts: u64,
    /// Attempts that began again, with the same number.
    pub attempts_repeated: u64,
    /// Journals that were read.
    pub journals: u64,
    /// Entries that were found in them, each counted once.
    pub entries: u64,
    /// Records of attempts lost with the host.
    pub losses: u64,
    /// Timers of all kinds that came due.
    pub timers_due: u64,
    /// Events that ended a wait.
    pub events_consumed: u64,
    /// Events that no step took.
    pub events_undelivered: u64,
    /// Joins and start steps that made a step ready.
    pub steps_ready: u64,
    /// Attempts that failed and were tried again.
    pub retries: u64,
    /// Ends of instances: each retried one counts again.
    pub ends: u64,
    /// Of these, completions.
    pub completions: u64,
}

impl Figures {
    /// Adds those of another checker.
    pub fn add(&mut self, other: &Self) {
        for ((_, mine), (_, theirs)) in self.rows_mut().into_iter().zip(other.rows()) {
            *mine += theirs;
        }
    }

    /// Each figure with its name.
    pub fn rows(&self) -> [(&'static str, u64); 19] {
        let mut copy = *self;
        copy.rows_mut().map(|(name, figure)| (name, *figure))
    }

    fn rows_mut(&mut self) -> [(&'static str, &mut u64); 19] {
        [
            ("instances", &mut self.instances),
            ("starts acknowledged", &mut self.starts),
            ("events acknowledged", &mut self.events),
            ("timers acknowledged", &mut self.timers),
            ("cancellations of timers acknowledged", &mut self.timers_cancelled),
            ("operators' orders acknowledged", &mut self.orders),
            ("checkpoints acknowledged", &mut self.saves),
            ("attempts begun", &mut self.attempts),
            ("attempts repeated", &mut self.attempts_repeated),
            ("journals read", &mut self.journals),
            ("entries", &mut self.entries),
            ("records of lost attempts", &mut self.losses),
            ("timers come due", &mut self.timers_due),
            ("events consumed", &mut self.events_consumed),
            ("events undelivered", &mut self.events_undelivered),
            ("steps made ready", &mut self.steps_ready),
            ("attempts failed and tried again", &mut self.retries),
            ("ends of instances", &mut self.ends),
            ("instances completed", &mut self.completions),
        ]
    }
}

impl fmt::Display for Figures {
    /// A line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, figure)) in self.rows().into_iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{name:<38}{figure:>10}")?;
        }
        Ok(())
    }
}
