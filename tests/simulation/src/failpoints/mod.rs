//! One scenario that uses everything, and a failure at each call of the store in it, one after the other.
//!
//! Every durable action of a host is a call of [`Store`]. An undisturbed run counts them; then the scenario is run again
//! for each of them and each [`Failure`] that it can have. Each time the clients carry on as they would (they repeat what
//! was not acknowledged, with a new host if the old one died), what was promised is checked as in the simulation, and what
//! became of each instance must be the same as in the undisturbed run. Then once more with a second failure among the calls
//! that follow the first one, those of the next host among them.
//!
//! [`Action`] names each kind of thing that a call makes durable; the scenario has them all.

mod action;
mod layer;
mod scenario;
mod script;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::engine::{InstanceState, InstanceStatus, StepState};
use hephaestus_core::{Json, StepRef, Timestamp};
use hephaestus_host::runner::{Clock, SystemClock};
use hephaestus_host::store::Store;
use hephaestus_host::store::memory::MemoryStore;
use hephaestus_host::{Host, Recovery};

use crate::audit::{Audit, Audited, Front};
use crate::guests::{Guests, Workflows};
use crate::log::Log;
use crate::stores::Over;
use crate::witness::Witness;
use layer::{Failing, Plan};
use scenario::{Code, Scripted};
use script::{Act, Actor, Again, SCRIPT};

pub use action::Action;
pub use layer::{Call, Failure, Made, Point};

/// How often an act is tried, over all hosts.
const TRIES: usize = 200;

/// How long one try may take: longer than the longest deadline in the scenario.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long instances are kept after their end.
const RETAIN: Duration = Duration::from_secs(40);

/// What became of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub status: InstanceStatus,
    /// How each step ended, and with which attempt.
    pub steps: BTreeMap<StepRef, (StepState, u32)>,
    /// What they came to.
    pub results: BTreeMap<StepRef, Json>,
    /// How many events no step took.
    pub undelivered: usize,
}

impl Ending {
    fn of(state: &InstanceState) -> Self {
        let attempts = |step| state.attempts(step).map_or(0, |attempts| attempts.last);
        // Since when it waited depends on when that was.
        let steps = state.steps();
        Self {
            status: state.status(),
            steps: steps
                .map(|(step, of)| (step.clone(), (of.clone(), attempts(step))))
                .collect(),
            results: state.results().clone(),
            undelivered: state.undelivered().count(),
        }
    }
}

/// What came of one run of the scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What failed.
    pub points: Vec<Point>,
    /// The promises that were broken.
    pub violations: Vec<String>,
    /// What happened, in order.
    pub trace: Vec<String>,
    /// What became of the instances, by their names.
    pub endings: BTreeMap<&'static str, Ending>,
    /// The calls of the store, in order.
    pub calls: Vec<Made>,
    /// How many hosts there were.
    pub hosts: usize,
}

/// Runs the scenario; these points fail.
pub fn run(points: &[Point]) -> Outcome {
    let log = Log::default();
    let audit = Audit::new(log.clone());
    let mut outcome = Outcome {
        points: points.to_vec(),
        violations: Vec::new(),
        trace: Vec::new(),
        endings: BTreeMap::new(),
        calls: Vec::new(),
        hosts: 0,
    };
    let plan = Plan::new(points);
    match Code::new() {
        Err(error) => log.violation(format_args!("the scenario's own workflow: {error}")),
        Ok(code) => {
            for (digest, workflow) in code.workflows.iter() {
                audit.know(*digest, Arc::clone(workflow));
            }
            let run = Run {
                witness: Witness::new(Arc::clone(&audit), log.clone()),
                audit,
                log: log.clone(),
                plan: Arc::clone(&plan),
                workflows: Arc::clone(&code.workflows),
                truth: Arc::default(),
                now: Timestamp(1_700_000_000_000),
            };
            run.play(&code, &mut outcome);
        }
    }
    outcome.calls = plan.made();
    (outcome.trace, outcome.violations, _) = log.take();
    outcome
}

/// What outlives hosts.
struct Run {
    witness: Arc<Witness>,
    audit: Arc<Audit>,
    log: Log,
    plan: Arc<Plan>,
    workflows: Workflows,
    truth: Arc<MemoryStore>,
    now: Timestamp,
}

impl Run {
    /// The whole script, with as many hosts as it takes.
    fn play(mut self, code: &Code, outcome: &mut Outcome) {
        let witness = Arc::clone(&self.witness);
        let mut actor = Actor {
            code,
            witness: &witness,
            instances: BTreeMap::new(),
        };
        let mut at = 0;
        while at < SCRIPT.len() && outcome.hosts < TRIES && !self.log.is_violated() {
            outcome.hosts += 1;
            self.host(&mut actor, &mut at, outcome);
            self.now = self.now.after(Duration::from_millis(500));
        }
        if at < SCRIPT.len() {
            self.log
                .violation(format_args!("the script ends at {:?}", SCRIPT[at]));
            return;
        }
        self.audit.begin_round(Arc::clone(&self.truth));
        self.audit.finish();
    }

    /// One host: until it dies, or the script lets it end.
    fn host(&mut self, actor: &mut Actor<'_>, at: &mut usize, outcome: &mut Outcome) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return self.log.violation(format_args!("no runtime: {error}")),
        };
        self.now = runtime.block_on(async {
            let clock: Arc<dyn Clock> = Arc::new(SystemClock::starting_at(self.now));
            self.log.set_clock(Arc::clone(&clock));
            self.log.trace(format_args!("host {}", outcome.hosts));
            self.audit.begin_round(Arc::clone(&self.truth));
            self.witness.begin_round(usize::MAX);
            tokio::select! {
                biased;
                () = self.plan.crashed() => self.log.trace(format_args!("it dies")),
                () = self.live(Arc::clone(&clock), actor, at, outcome) => {}
            }
            clock.now()
        });
    }

    async fn live(
        &self,
        clock: Arc<dyn Clock>,
        actor: &mut Actor<'_>,
        at: &mut usize,
        outcome: &mut Outcome,
    ) {
        let host = match self.build(clock, outcome.hosts).await {
            Ok(host) => host,
            Err(Again(error)) => return self.log.violation(format_args!("no host: {error}")),
        };
        while let Some(act) = SCRIPT.get(*at).copied() {
            if act == Act::Kill {
                *at += 1;
                return self.log.trace(format_args!("it is killed"));
            }
            if act == Act::Restart {
                self.witness.begin_shutdown();
                // It is done, whether or not the store can be closed: what follows is another host.
                *at += 1;
                host.shutdown(Duration::from_secs(5)).await;
                return;
            }
            if !self.insist(&host, actor, act).await {
                return;
            }
            if let Act::Ends(name, _) = act {
                let instance = actor.instances.get(name);
                let ending = instance.and_then(|id| self.audit.look(*id, |book| Ending::of(&book.state)));
                outcome.endings.extend(ending.map(|ending| (name, ending)));
            }
            *at += 1;
        }
    }

    /// Does an act, as often as it takes.
    async fn insist(&self, host: &Host, actor: &mut Actor<'_>, act: Act) -> bool {
        let mut last = String::new();
        for _ in 0..TRIES {
            match tokio::time::timeout(PATIENCE, actor.act(host, act)).await {
                Ok(Ok(())) => {
                    self.log.trace(format_args!("done: {act:?}"));
                    return true;
                }
                Ok(Err(Again(error))) => last = error,
                Err(_) => last = format!("no answer within {PATIENCE:?}"),
            }
            self.log.trace(format_args!("again: {act:?}: {last}"));
            if self.log.is_violated() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.log.violation(format_args!("{act:?} can't be done: {last}"));
        false
    }

    async fn build(&self, clock: Arc<dyn Clock>, number: usize) -> Result<Host, Again> {
        let truth: Arc<dyn Store> = Arc::clone(&self.truth) as Arc<dyn Store>;
        let audited = Audited::new(Arc::clone(&self.audit), truth);
        let failing = Failing::new(Arc::new(Over(audited)), Arc::clone(&self.plan));
        let front = Front::new(Arc::clone(&self.audit), Arc::new(Over(failing)));
        let guests = Guests {
            behaviour: Arc::new(Scripted {
                witness: Arc::clone(&self.witness),
                plan: Arc::clone(&self.plan),
            }),
            witness: Arc::clone(&self.witness),
            workflows: Arc::clone(&self.workflows),
        };
        let host = Host::builder()
            .store(Arc::new(Over(front)))
            .executor(Arc::new(guests))
            .clock(clock)
            .seed(number as u64)
            .retain(RETAIN)
            .recovery(Recovery::All)
            .build()
            .await?;
        Ok(host)
    }
}

/// All points of an undisturbed run: each call with each failure that it can have.
pub fn points(undisturbed: &Outcome) -> Vec<Point> {
    points_at(undisturbed, 0..undisturbed.calls.len())
}

/// What else may fail in a run in which one point failed: each of the next few calls, with each failure that it can have.
pub fn next_points(disturbed: &Outcome, reach: usize) -> Vec<Point> {
    let first = disturbed.points.iter().map(|point| point.nth).max().unwrap_or(0);
    let next = |reads: bool| {
        let of_kind = move |at: &usize| (disturbed.calls[*at].call == Call::Read) == reads;
        (first..disturbed.calls.len()).filter(of_kind).take(reach)
    };
    points_at(disturbed, next(false).chain(next(true)))
}

fn points_at(outcome: &Outcome, places: impl Iterator<Item = usize>) -> Vec<Point> {
    let of_call = |at: usize| {
        let call = outcome.calls[at].call;
        let failures = Failure::ALL.into_iter().filter(move |failure| call.can(*failure));
        failures.map(move |failure| Point { nth: at + 1, failure })
    };
    places.flat_map(of_call).collect()
}
