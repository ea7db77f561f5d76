//! A guest's clocks. They run if its step was granted the time. If not, they tell nothing that the guest doesn't know:
//!
//! - the wall clock stands at the moment when the instance was created, which is in its id; in `describe`, at
//!   2000-01-01T00:00:00Z;
//! - the monotonic clock advances only by what the guest sleeps, not by what that took;
//! - sleeping takes its time, so that code that waits and tries again does wait; in `describe` and `transit` it is over
//!   at once, because there is nothing to wait for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::time::Instant;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

use crate::sandbox::ctx::GuestCtx;

/// Where the wall clock stands if there is no instance.
const NO_INSTANCE: Duration = Duration::from_secs(946_684_800);

/// The clocks of one guest. Clones share them.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Clock(Arc<Mutex<Time>>);

#[derive(Debug)]
enum Time {
    Running {
        since: std::time::Instant,
    },
    Standing {
        wall: Duration,
        /// Nanoseconds that the guest has slept.
        slept_ns: u64,
        sleep: Sleep,
    },
}

/// How long sleeping takes while clocks stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Sleep {
    InTime,
    AtOnce,
}

impl Clock {
    pub(super) fn running() -> Self {
        let since = std::time::Instant::now();
        Self(Arc::new(Mutex::new(Time::Running { since })))
    }

    pub(super) fn standing(sleep: Sleep) -> Self {
        Self(Arc::new(Mutex::new(Time::Standing {
            wall: NO_INSTANCE,
            slept_ns: 0,
            sleep,
        })))
    }

    /// Sets the wall clock, if it stands, to so many milliseconds after 1970.
    pub(super) fn set(&self, created_ms: Option<u64>) {
        if let Time::Standing { wall, .. } = &mut *self.time() {
            *wall = created_ms.map_or(NO_INSTANCE, Duration::from_millis);
        }
    }

    fn monotonic_ns(&self) -> u64 {
        match *self.time() {
            Time::Running { since } => u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX),
            Time::Standing { slept_ns, .. } => slept_ns,
        }
    }

    /// The guest has slept until then.
    fn advance_to(&self, when_ns: u64) {
        if let Time::Standing { slept_ns, .. } = &mut *self.time() {
            *slept_ns = when_ns.max(*slept_ns);
        }
    }

    fn is_over_at_once(&self) -> bool {
        let time = self.time();
        matches!(
            *time,
            Time::Standing {
                sleep: Sleep::AtOnce,
                ..
            }
        )
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        match *self.time() {
            Time::Running { .. } => Duration::from_nanos(1),
            Time::Standing { .. } => Duration::from_millis(1),
        }
    }

    fn now(&self) -> Duration {
        match *self.time() {
            Time::Running { .. } => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Time::Standing { wall, .. } => wall,
        }
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.monotonic_ns()
    }
}

/// What the monotonic clock's functions work on.
pub(in crate::sandbox) struct MonotonicClock<'a> {
    pub(in crate::sandbox) clock: &'a Clock,
    pub(in crate::sandbox) table: &'a mut ResourceTable,
}

struct HasMonotonicClock;

impl HasData for HasMonotonicClock {
    type Data<'a> = MonotonicClock<'a>;
}

/// In place of the library's: that one sleeps as a running clock says, and nothing advances a standing one.
pub(super) fn add_to_linker(linker: &mut Linker<GuestCtx>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<GuestCtx, HasMonotonicClock>(linker, GuestCtx::monotonic_clock)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl MonotonicClock<'_> {
    fn sleep_until(&mut self, when_ns: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let pause = Duration::from_nanos(when_ns.saturating_sub(self.clock.monotonic_ns()));
        let sleeping = if pause.is_zero() || self.clock.is_over_at_once() {
            self.clock.advance_to(when_ns);
            Sleeping::Over { has_yielded: false }
        } else {
            Sleeping::Until {
                // `None`: so far away that it never comes.
                when: Instant::now().checked_add(pause),
                clock: self.clock.clone(),
                when_ns,
            }
        };
        let sleeping = self.table.push(sleeping)?;
        subscribe(self.table, sleeping)
    }
}

impl monotonic_clock::Host for MonotonicClock<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.monotonic_ns())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.sleep_until(when)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.sleep_until(self.clock.monotonic_ns().saturating_add(duration))
    }
}

enum Sleeping {
    Over {
        has_yielded: bool,
    },
    Until {
        when: Option<Instant>,
        clock: Clock,
        when_ns: u64,
    },
}

#[async_trait]
impl Pollable for Sleeping {
    async fn ready(&mut self) {
        match self {
            // A guest that polls in a loop must not keep its worker for itself.
            Self::Over { has_yielded } => {
                if !std::mem::replace(has_yielded, true) {
                    tokio::task::yield_now().await;
                }
            }
            Self::Until { when, clock, when_ns } => match when {
                Some(when) => {
                    tokio::time::sleep_until(*when).await;
                    clock.advance_to(*when_ns);
                }
                None => std::future::pending().await,
            },
        }
    }
}
