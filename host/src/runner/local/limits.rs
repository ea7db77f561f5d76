//! The numbers that bound a runner. All have defaults that fit one machine.

use std::time::Duration;

use hephaestus_core::engine::EngineLimits;

/// What bounds a [`LocalRunner`](super::LocalRunner). Where 0 would stop everything, it counts as 1.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunnerLimits {
    /// Bounds of every instance.
    pub engine: EngineLimits,
    /// How many steps execute at the same time, over all instances.
    pub max_running_steps: usize,
    /// How many sandboxes there are for instances that have begun: those in which a step executes, and those that are
    /// kept for the next step while an outcome is being recorded. What they take of the memory is theirs; all whose
    /// outcomes wait share a commit. Less than `max_running_steps` counts as that.
    pub max_sandboxes: usize,
    /// The largest input of an instance, and the largest payload of an event, in bytes of JSON text.
    pub max_input_bytes: usize,
    /// How many requests may wait for the task of one instance; more senders wait in their own tasks.
    pub max_mailbox: usize,
    /// How long the task of an instance that has nothing to do stays before it parks.
    pub linger: Duration,
    /// How often the task of one instance may crash within `restart_window` before it is left alone. More than
    /// one above [`EngineLimits::max_recoveries`], so that a step that crashes its task fails by itself before that.
    pub max_restarts: usize,
    /// See `max_restarts`.
    pub restart_window: Duration,
    /// The first pause before something is tried again: the task of an instance, a commit, a timer. Doubled each time.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
    /// How many due timers are delivered at the same time.
    pub max_firing_timers: usize,
    /// How many timers are read from the store at once, and how many instances are recovered at the same time.
    pub page: usize,
    /// How far ahead timers are kept in memory, and so how often the store is asked for more. At least a second.
    pub timer_horizon: Duration,
}

/// With less, the timers would keep the store busy with nothing; with none, a core as well.
const SHORTEST_HORIZON: Duration = Duration::from_secs(1);

impl Default for RunnerLimits {
    fn default() -> Self {
        Self {
            engine: EngineLimits::default(),
            max_running_steps: 64,
            max_sandboxes: 1_024,
            max_input_bytes: 1024 * 1024,
            max_mailbox: 1_000,
            linger: Duration::from_millis(200),
            max_restarts: 10,
            restart_window: Duration::from_secs(60),
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_secs(5),
            max_firing_timers: 256,
            page: 1_000,
            timer_horizon: Duration::from_secs(60),
        }
    }
}

impl RunnerLimits {
    /// With nothing that would stop everything.
    pub(super) fn sound(mut self) -> Self {
        for limit in [
            &mut self.max_running_steps,
            &mut self.max_mailbox,
            &mut self.max_firing_timers,
            &mut self.page,
        ] {
            *limit = (*limit).max(1);
        }
        self.max_sandboxes = self.max_sandboxes.max(self.max_running_steps);
        self.timer_horizon = self.timer_horizon.max(SHORTEST_HORIZON);
        self
    }

    /// The pause before the next try, after `failures` that followed each other.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let doubled = self
            .first_pause
            .saturating_mul(1 << failures.saturating_sub(1).min(20));
        doubled.min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_horizon_the_timers_do_not_spin() {
        let none = RunnerLimits {
            timer_horizon: Duration::ZERO,
            ..RunnerLimits::default()
        };
        assert_eq!(none.sound().timer_horizon, Duration::from_secs(1));
        let far = RunnerLimits::default();
        assert_eq!(far.clone().sound().timer_horizon, far.timer_horizon);
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let limits = RunnerLimits::default();
        assert_eq!(limits.pause(1), Duration::from_millis(20));
        assert_eq!(limits.pause(3), Duration::from_millis(80));
        assert_eq!(limits.pause(u32::MAX), Duration::from_secs(5));
    }
}
