//! One host, from its start to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hephaestus_core::engine::EngineLimits;
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{Clock, SystemClock};
use hephaestus_host::store::Store;
use hephaestus_host::store::faulty::{Fault, FaultyStore};
use hephaestus_host::{Host, Recovery};

use super::behaviour::Drawn;
use super::client::Desk;
use super::world::World;
use crate::audit::{Audited, Front};
use crate::chance::Chance;
use crate::guests::Guests;
use crate::log::Log;
use crate::stores::{CrashPoint, Over, Planted, Slow};

/// How long a shutdown may take beyond its grace: what the host allows itself three times, and a little.
const AFTER_GRACE: Duration = Duration::from_secs(16);

/// How a round ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// Killed after some time.
    Crash { after: Duration },
    /// Killed at a call that changes the store, before or after it is done.
    CrashAtCall { halves: u32 },
    /// Told to stop.
    Shutdown { after: Duration, grace: Duration },
    /// When nothing is left to do.
    Settled,
}

/// What a round is made of.
pub(super) struct Stage {
    pub(super) desk: Desk,
    store: FaultyStore,
    crash: Arc<CrashPoint>,
    /// Nothing fails in this round.
    is_calm: bool,
}

impl World {
    /// One host, until its end.
    pub(super) fn round(&mut self, end: End) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return self.log.violation(format_args!("no runtime: {error}")),
        };
        let now = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::starting_at(self.now));
            self.log.set_clock(Arc::clone(&clock));
            self.log.trace(format_args!("round {end:?}"));
            self.audit.begin_round(Arc::clone(&self.truth));
            self.live(end, Arc::clone(&clock)).await;
            clock.now()
        });
        self.now = now;
        drop(runtime);
    }

    async fn live(&mut self, end: End, clock: Arc<dyn Clock>) {
        let is_calm = matches!(end, End::Settled) || self.chance.one_in(4);
        let limits = self.limits();
        self.witness.begin_round(limits.max_running_steps);
        let crash = CrashPoint::never();
        let store = self.store(is_calm, &crash);
        let behaviour = Arc::new(Drawn {
            witness: Arc::clone(&self.witness),
            chance: self.chance.clone(),
            is_calm,
        });
        let guests = Guests {
            behaviour,
            witness: Arc::clone(&self.witness),
            workflows: Arc::clone(&self.flows.workflows),
        };
        let max_restarts = limits.max_restarts;
        let front = Front::new(Arc::clone(&self.audit), Arc::new(store.clone()));
        let mut builder = Host::builder();
        if !matches!(end, End::Settled) && self.chance.one_in(4) {
            builder = builder.retain(self.chance.ms(3_000));
        }
        let built = builder
            .store(Arc::new(Over(front)))
            .executor(Arc::new(guests))
            .clock(clock)
            .seed(self.chance.any())
            .limits(limits)
            .recovery(Recovery::All)
            .build()
            .await;
        let host = match built {
            Ok(host) => host,
            Err(error) => return self.log.violation(format_args!("no host: {error}")),
        };
        let desk = Desk {
            host,
            audit: Arc::clone(&self.audit),
            witness: Arc::clone(&self.witness),
            flows: Arc::clone(&self.flows),
            log: self.log.clone(),
            max_restarts,
        };
        let stage = Stage {
            desk,
            store,
            crash,
            is_calm,
        };
        for client in &mut self.clients {
            client.begin_round();
        }
        self.play(end, &stage).await;
    }

    async fn play(&mut self, end: End, stage: &Stage) {
        let log = self.log.clone();
        match end {
            End::Settled => self.settle(stage).await,
            End::Crash { after } => {
                log.count("crashes");
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(after) => {}
                    () = self.work(stage, || false) => {}
                }
            }
            End::CrashAtCall { halves } => {
                log.count("crashes at a call of the store");
                stage.crash.plan(halves);
                tokio::select! {
                    biased;
                    () = stage.crash.reached() => log.count("crashes at a call of the store that came"),
                    () = tokio::time::sleep(Duration::from_secs(2)) => {}
                    () = self.work(stage, || false) => {}
                }
            }
            End::Shutdown { after, grace } => {
                log.count("shutdowns");
                let is_over = AtomicBool::new(false);
                let ending = async {
                    tokio::time::sleep(after).await;
                    is_over.store(true, Ordering::SeqCst);
                    shut_down(stage, grace).await;
                };
                tokio::join!(ending, self.work(stage, || is_over.load(Ordering::SeqCst)));
            }
        }
    }

    /// All clients, and the trouble between them.
    async fn work(&mut self, stage: &Stage, is_over: impl Fn() -> bool) {
        let chance = self.chance.fork();
        let log = self.log.clone();
        let [first, second, third] = &mut self.clients;
        let desk = &stage.desk;
        first.deploy_first(desk).await;
        tokio::join!(
            first.work(desk, &is_over),
            second.work(desk, &is_over),
            third.work(desk, &is_over),
            trouble(stage, chance, log, &is_over),
        );
    }

    /// The host's store: what is durable, and all that can happen on the way to it.
    fn store(&self, is_calm: bool, crash: &Arc<CrashPoint>) -> FaultyStore {
        let truth: Arc<dyn Store> = Arc::clone(&self.truth) as Arc<dyn Store>;
        let audited = Audited::new(Arc::clone(&self.audit), truth);
        let slow =
            Slow::new(Arc::new(Over(audited)), self.chance.clone(), Arc::clone(crash)).failing(!is_calm);
        let slow: Arc<dyn Store> = Arc::new(Over(slow));
        let planted: Arc<dyn Store> = match self.setup.plant {
            // A run that is to end well ends on a store that keeps its contract, but for reads and timers.
            Some(plant) => Arc::new(Over(Planted::new(slow, plant, self.chance.clone()))),
            None => slow,
        };
        self.log.add("rounds", 1);
        self.log.add("rounds without trouble", u64::from(is_calm));
        FaultyStore::new(planted)
    }

    fn limits(&self) -> RunnerLimits {
        let chance = &self.chance;
        let mut limits = RunnerLimits::default();
        limits.max_running_steps = 1 + chance.index(6);
        limits.max_mailbox = 1 + chance.index(8);
        limits.max_input_bytes = 1_000;
        limits.linger = chance.ms(300);
        limits.max_restarts = 7 + chance.index(4);
        limits.first_pause = chance.ms(20) + Duration::from_millis(1);
        limits.longest_pause = Duration::from_secs(1);
        limits.max_firing_timers = 1 + chance.index(6);
        limits.page = 1 + chance.index(12);
        limits.timer_horizon = Duration::from_secs(1 + chance.below(60));
        limits.engine = EngineLimits {
            max_recoveries: u32::try_from(2 + chance.below(4)).unwrap_or(2),
            max_inbox: 2 + chance.index(8),
            max_checkpoint_bytes: 100,
            max_checkpoints_bytes: [700, 3_000, 100_000][chance.index(3)],
        };
        limits
    }
}

async fn shut_down(stage: &Stage, grace: Duration) {
    let desk = &stage.desk;
    desk.log.trace(format_args!("shutdown within {grace:?}"));
    if stage.is_calm {
        stage.store.set_stalled(false);
    }
    let begun = desk.log.now();
    desk.witness.begin_shutdown();
    let ending = desk.host.shutdown(grace);
    if tokio::time::timeout(grace + AFTER_GRACE, ending).await.is_err() {
        desk.log.violation(format_args!(
            "a shutdown takes longer than its grace and {AFTER_GRACE:?}"
        ));
    }
    // A store that was told to wait for ever leaves nobody else waiting.
    stage.store.set_stalled(false);
    stage.store.set_down(false);
    let took = desk.log.now().since(begun);
    if stage.is_calm && took < grace {
        desk.log.count("shutdowns that had the time they needed");
        desk.witness.check_shutdown();
    }
}

/// The store fails, again and again.
async fn trouble(stage: &Stage, chance: Chance, log: Log, is_over: &impl Fn() -> bool) {
    if stage.is_calm {
        return;
    }
    let leisure = 1 + chance.below(150);
    while !is_over() {
        tokio::time::sleep(Duration::from_millis(1 + chance.below(leisure))).await;
        let faults = [
            (Fault::Refused, "writes refused"),
            (Fault::Lost, "writes lost"),
            (Fault::Unacknowledged, "writes unacknowledged"),
            (Fault::Conflict, "writes in conflict"),
        ];
        match chance.below(8) {
            0 => {
                log.count("store down");
                stage.store.set_down(true);
                tokio::time::sleep(chance.ms(80)).await;
                stage.store.set_down(false);
            }
            1 => {
                log.count("store stalled");
                stage.store.set_stalled(true);
                tokio::time::sleep(chance.ms(120)).await;
                stage.store.set_stalled(false);
            }
            _ => {
                let (fault, figure) = faults[chance.index(faults.len())];
                log.count(figure);
                stage.store.fail_write(1 + chance.below(4), fault);
            }
        }
    }
}
