//! Time, as the runner sees it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use hephaestus_core::Timestamp;
use tokio::time::Instant;

/// The runner's only source of time.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Now. Never goes back within a process.
    fn now(&self) -> Timestamp;

    /// Returns when it is `instant` or later.
    async fn sleep_until(&self, instant: Timestamp);
}

/// The wall clock when it was made, and tokio's monotonic clock from there: so it never goes back within a process,
/// follows the wall clock across restarts, and stands still where tokio's time is paused.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Timestamp,
    started: Instant,
}

impl SystemClock {
    /// A clock that shows the wall clock's time now.
    pub fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self::starting_at(Timestamp(0).after(since_epoch))
    }

    /// A clock that shows `origin` now: for simulations.
    pub fn starting_at(origin: Timestamp) -> Self {
        Self {
            origin,
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.origin.0.saturating_add(elapsed))
    }

    async fn sleep_until(&self, instant: Timestamp) {
        tokio::time::sleep_until(self.started + instant.since(self.origin)).await;
    }
}
