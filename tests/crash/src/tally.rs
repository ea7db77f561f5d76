//! What the harness did, in numbers.

use std::fmt;

/// Counts of a campaign.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Hosts that were killed.
    pub kills: u64,
    /// Of these, `hephaestus run`.
    pub kills_of_commands: u64,
    /// Before the store was open.
    pub kills_while_opening: u64,
    /// After that, before it took orders: recovery had begun.
    pub kills_while_recovering: u64,
    /// When some instances were recovered and others weren't, as journals show.
    pub kills_amid_recovery: u64,
    /// At the moment when an acknowledgement was read.
    pub kills_after_answer: u64,
    /// Kills with orders that were not answered.
    pub kills_amid_orders: u64,
    /// Orders that were not answered.
    pub orders_unanswered: u64,
    /// Of these, starts and events that the next host was told again.
    pub orders_repeated: u64,
    /// Orders that were answered.
    pub answers: u64,
    /// Of these, refusals.
    pub refusals: u64,
    /// Instances whose deletion was acknowledged.
    pub deletions: u64,
    /// Copies of stores that were read.
    pub looks: u64,
    /// Of these, with SQLite's own check.
    pub integrity_checks: u64,
    /// Instances that were run by `hephaestus run`.
    pub commands: u64,
    /// Stores that were begun.
    pub epochs: u64,
}

impl Tally {
    fn rows(&self) -> [(&'static str, u64); 16] {
        [
            ("kills", self.kills),
            ("  of `hephaestus run`", self.kills_of_commands),
            ("  while the store was opened", self.kills_while_opening),
            (
                "  after that, before orders were taken",
                self.kills_while_recovering,
            ),
            ("  amid recovery, as journals show", self.kills_amid_recovery),
            ("  right after an acknowledgement", self.kills_after_answer),
            ("  amid orders", self.kills_amid_orders),
            ("orders answered", self.answers),
            ("  refused", self.refusals),
            ("  deletions", self.deletions),
            ("orders cut off", self.orders_unanswered),
            ("  repeated to the next host", self.orders_repeated),
            ("stores read after a kill", self.looks),
            ("  checked by SQLite", self.integrity_checks),
            ("instances of `hephaestus run`", self.commands),
            ("epochs", self.epochs),
        ]
    }
}

impl fmt::Display for Tally {
    /// A line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, figure)) in self.rows().into_iter().enumerate() {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{name:<38}{figure:>10}")?;
        }
        Ok(())
    }
}
