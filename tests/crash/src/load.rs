//! The load: which instances are started, what they do, and what is ordered meanwhile. Drawn from the seed.

use std::time::Duration;

use fastrand::Rng;
use hephaestus_core::{BusinessValue, EventId, InstanceId, Json, RequestId, StepRef};
use serde_json::{Map, Value, json};

use crate::model::Model;
use crate::protocol::Order;

/// More instances than this aren't active at the same time.
const MOST_ACTIVE: usize = 80;

/// An operator retries an instance so often.
pub const MOST_RETRIES: u32 = 3;

/// Draws orders.
#[derive(Debug)]
pub struct Load {
    rng: Rng,
    ledger: String,
    /// Numbers names and ids.
    drawn: u64,
    /// How long a host took from opening its store to executing something again.
    recovery: Duration,
}

/// How one host is used, and when it is killed.
#[derive(Debug, Clone, Copy)]
pub struct LifePlan {
    /// So many orders are under way at once.
    pub width: usize,
    /// When the host is killed.
    pub kill: Kill,
}

/// When a host is killed.
#[derive(Debug, Clone, Copy)]
pub enum Kill {
    /// So long after it was started.
    AfterStart(Duration),
    /// So long after its store was open.
    AfterOpened(Duration),
    /// When so many attempts have told the ledger that they begin, at once. The first that do were lost with the last
    /// host: others may not be recovered yet.
    AfterAttempt(u64),
    /// So long after it was ready.
    AfterReady(Duration),
    /// When so many orders are answered, at once.
    AfterAnswer(u64),
}

impl Load {
    /// For steps that tell this ledger.
    pub fn new(rng: Rng, ledger: String) -> Self {
        Self {
            rng,
            ledger,
            drawn: 0,
            recovery: Duration::from_millis(250),
        }
    }

    /// The last host took so long to recover.
    pub fn recovered_after(&mut self, time: Duration) {
        self.recovery = time;
    }

    /// The seeded source, for what else is drawn.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// How the next host is used.
    pub fn life(&mut self) -> LifePlan {
        let rng = &mut self.rng;
        let ms = |rng: &mut Rng, most: u64| Duration::from_micros(rng.u64(0..most * 1000));
        let kill = match rng.u32(0..100) {
            0..8 => Kill::AfterStart(ms(rng, 40)),
            8..16 => Kill::AfterOpened(ms(rng, 500)),
            16..25 => Kill::AfterOpened(self.recovery.mul_f64(0.7 + 0.35 * rng.f64())),
            25..37 => Kill::AfterAttempt(rng.u64(1..8)),
            37..45 => Kill::AfterReady(ms(rng, 20)),
            45..75 => Kill::AfterReady(Duration::from_millis(5) + ms(rng, 400)),
            _ => Kill::AfterAnswer(rng.u64(1..200)),
        };
        LifePlan {
            width: rng.usize(1..48),
            kill,
        }
    }

    /// The next order; none if there is nothing sensible to do just now.
    pub fn order(&mut self, model: &mut Model) -> Option<Order> {
        if !model.unanswered.is_empty() && self.rng.u32(0..100) < 50 {
            return model.unanswered.pop();
        }
        let active: Vec<InstanceId> = model.active().collect();
        let dice = self.rng.u32(0..100);
        if dice < 40 {
            return (active.len() < MOST_ACTIVE).then(|| self.start());
        }
        let instance = self.rng.choice(active)?;
        Some(match dice {
            40..65 => self.send(instance),
            65..75 => Order::Schedule {
                instance,
                step: name("ask"),
                delay: Duration::from_millis(self.rng.u64(1..400)),
            },
            75..80 => {
                let at = self.rng.usize(0..model.timers.len().max(1));
                let timer = (at < model.timers.len()).then(|| model.timers.swap_remove(at))?;
                Order::CancelTimer { timer }
            }
            80..82 => Order::Cancel { instance },
            82..85 => Order::Delete {
                instance: self.rng.choice(model.completed().collect::<Vec<_>>())?,
            },
            85..92 => Order::Retry {
                instance: self
                    .rng
                    .choice(model.retryable(MOST_RETRIES).collect::<Vec<_>>())?,
            },
            _ => Order::Get { instance },
        })
    }

    fn number(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    fn start(&mut self) -> Order {
        let number = self.number();
        let deadline = (self.rng.u32(0..100) < 5).then(|| Duration::from_millis(self.rng.u64(50..2_000)));
        Order::Start {
            request: RequestId::new(&format!("start-{number}")).unwrap_or_else(|_| unreachable!("short")),
            value: value(number),
            initial: self.plan(),
            deadline,
        }
    }

    fn send(&mut self, instance: InstanceId) -> Order {
        let event = if self.rng.u32(0..100) < 70 {
            "approved"
        } else {
            "rejected"
        };
        self.event(instance, event)
    }

    /// An event that was never sent.
    pub fn event(&mut self, instance: InstanceId, event: &str) -> Order {
        let id = format!("event-{}", self.number());
        Order::Send {
            instance,
            event_id: EventId::new(&id).unwrap_or_else(|_| unreachable!("short")),
            event: event.parse().unwrap_or_else(|_| unreachable!("a name")),
        }
    }

    /// What the steps of an instance do: see `tests/guests/ledger-steps`.
    pub fn plan(&mut self) -> Json {
        let rng = &mut self.rng;
        let branches: Vec<&str> = match rng.u32(0..100) {
            0..30 => Vec::new(),
            _ => {
                let all = ["left", "middle", "right"];
                let some: Vec<&str> = all.into_iter().filter(|_| rng.bool()).collect();
                if some.is_empty() { vec!["middle"] } else { some }
            }
        };
        let mut deeds = Map::new();
        for step in [
            "begin", "left", "middle", "right", "gather", "ask", "ship", "bill", "close", "undo", "tidy",
        ] {
            if rng.u32(0..100) < 60 {
                deeds.insert(step.to_owned(), deed(rng, step));
            }
        }
        let patience_ms = (rng.u32(0..100) < 60).then(|| rng.u64(0..400));
        let plan = json!({
            "ledger": self.ledger,
            "deeds": deeds,
            "branches": branches,
            "patience_ms": patience_ms,
        });
        Json::parse(&plan.to_string()).unwrap_or_else(|_| unreachable!("it was JSON before"))
    }
}

fn deed(rng: &mut Rng, step: &str) -> Value {
    let fails = rng.u32(0..100) < 25;
    // Three attempts are the most: more failures fail the step, and so the instance unless the graph has an answer.
    let failures = if fails { rng.u32(1..=3) } else { 0 };
    let for_good = fails && rng.u32(0..100) < 30;
    json!({
        "work_ms": if rng.u32(0..100) < 70 { rng.u64(0..20) } else { rng.u64(20..150) },
        "saves": if ["middle", "ship"].contains(&step) { rng.u32(0..4) } else { 0 },
        "failures": failures,
        "panics": fails && !for_good && rng.bool(),
        "for_good": for_good,
    })
}

fn name(step: &str) -> StepRef {
    step.parse().unwrap_or_else(|_| unreachable!("a name"))
}

/// What people call instance `number`.
pub fn value(number: u64) -> BusinessValue {
    BusinessValue::new(&format!("n{number}")).unwrap_or_else(|_| unreachable!("letters and digits"))
}
