//! Waits until a time that the input gives, for measurements of timers and of what a waiting instance costs.
//!
//! ```text
//! pause --go, timeout--> after --finished--> done
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hephaestus_guest::{Finished, Initial, Outcome, events, step, workflow};
use serde::{Deserialize, Serialize};

workflow! {
    /// One wait.
    pub pause_steps v1 {
        pause => { Go => after, Timeout => after }
        after => done,
    }
}

/// The input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// When the pause ends, in milliseconds since 1970.
    pub until_ms: u64,
}

/// What ends the pause.
#[events(accepts)]
pub enum Call {
    /// Somebody sends it.
    Go,
    /// The time has come.
    Timeout,
}

/// Waits. An absolute time, so that many instances can wait for the same one.
#[step]
pub fn pause(Initial(plan): Initial<Plan>) -> Outcome<Call, ()> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let left = Duration::from_millis(plan.until_ms).saturating_sub(now);
    Outcome::wait_at_most(left.max(Duration::from_millis(1)))
}

/// Its receipt says when the end of the pause was durable.
#[step]
pub fn after() -> Finished {
    Finished
}

#[cfg(test)]
mod tests {
    use hephaestus_guest::testing::TestContext;

    use super::*;

    #[test]
    fn a_time_that_is_over_is_waited_for_as_shortly_as_possible() {
        let ended = TestContext::new().initial(Plan { until_ms: 0 }).run::<pause>();
        assert_eq!(ended, Ok(Outcome::wait_at_most(Duration::from_millis(1))));
    }
}
