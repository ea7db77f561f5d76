//! What outlives hosts: the store, the clients, the wall clock. And the rounds, one after the other.

use std::sync::Arc;

use hephaestus_core::Timestamp;
use hephaestus_host::store::memory::MemoryStore;

use super::client::Client;
use super::flows::Flows;
use super::round::End;
use super::{Outcome, Setup};
use crate::audit::Audit;
use crate::chance::Chance;
use crate::log::Log;
use crate::witness::Witness;

const HOUR_MS: u64 = 3_600_000;

/// See the head of this module.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) setup: Setup,
    pub(super) chance: Chance,
    pub(super) log: Log,
    pub(super) audit: Arc<Audit>,
    pub(super) witness: Arc<Witness>,
    pub(super) flows: Arc<Flows>,
    pub(super) truth: Arc<MemoryStore>,
    pub(super) clients: [Client; 3],
    /// The wall clock.
    pub(super) now: Timestamp,
}

impl World {
    pub(super) fn new(seed: u64, setup: Setup) -> Self {
        let chance = Chance::new(seed);
        let log = Log::default();
        let audit = Audit::new(log.clone());
        let flows = Flows::draw(&chance.fork());
        for (digest, workflow) in flows.workflows.iter() {
            audit.know(*digest, Arc::clone(workflow));
        }
        let client = |name| Client::new(name, chance.fork());
        Self {
            seed,
            setup,
            log: log.clone(),
            witness: Witness::new(Arc::clone(&audit), log),
            audit,
            flows: Arc::new(flows),
            truth: Arc::default(),
            clients: [client(0), client(1), client(2)],
            now: Timestamp(1_700_000_000_000),
            chance,
        }
    }

    pub(super) fn run(mut self) -> Outcome {
        for _ in 0..1 + self.chance.below(7) {
            let end = self.draw_end();
            self.round(end);
            self.pass_time();
            if self.log.is_violated() {
                break;
            }
        }
        if !self.log.is_violated() {
            self.round(End::Settled);
            self.check_end();
        }
        let (trace, violations, figures) = self.log.take();
        Outcome {
            seed: self.seed,
            trace,
            violations,
            figures,
        }
    }

    fn draw_end(&self) -> End {
        match self.chance.below(10) {
            0..=2 => End::Shutdown {
                after: self.chance.ms(1_200),
                grace: self.chance.ms(1_000),
            },
            3..=6 => End::Crash {
                after: self.chance.ms(1_200),
            },
            _ => End::CrashAtCall {
                halves: u32::try_from(self.chance.below(160)).unwrap_or(0),
            },
        }
    }

    /// The wall clock goes on, or jumps; and the store may turn out to have lied about what is durable.
    fn pass_time(&mut self) {
        let chance = &self.chance;
        let now = self.now.0;
        let next = match chance.below(8) {
            0 => {
                self.log.count("clock jumps forward");
                now.saturating_add(chance.below(48 * HOUR_MS))
            }
            1 => {
                self.log.count("clock jumps back");
                now.saturating_sub(chance.below(48 * HOUR_MS))
            }
            _ => now.saturating_add(chance.below(5_000)),
        };
        self.now = Timestamp(next);
        if let Some(plant) = self.setup.plant
            && let Some(left) = plant.after_crash(&self.truth, &self.audit, chance)
        {
            self.truth = Arc::new(left);
        }
    }
}
