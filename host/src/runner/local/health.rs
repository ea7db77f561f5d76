//! Whether the store works, for the log: one that is full or gone fails every instance, again and again. It is said when
//! that begins, now and then while it lasts, and when it is over; not with each try.
//!
//! Reads and writes apart: a full disk can be read.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hephaestus_core::{InstanceId, Timestamp};

use super::lock;
use crate::runner::Clock;
use crate::store::StoreError;

/// How often it is said while it lasts; and if it comes and goes, how often that.
const REMIND_EVERY: Duration = Duration::from_secs(10 * 60);

/// What all tasks of a runner know of the store.
#[derive(Debug, Default)]
pub(super) struct Health {
    writes: Condition,
    reads: Condition,
}

/// Whether one kind of access works.
#[derive(Debug, Default)]
struct Condition {
    /// Changed under the lock; looked at after each access, which so costs none while all is well.
    is_bad: AtomicBool,
    trouble: Mutex<Trouble>,
}

#[derive(Debug, Default)]
struct Trouble {
    since: Option<Timestamp>,
    failures: u64,
    waiting: BTreeSet<InstanceId>,
    said_at: Option<Timestamp>,
    /// Whether the log says that it fails.
    is_known: bool,
}

/// Something to say.
#[derive(Debug, PartialEq, Eq)]
struct News {
    /// Tries that failed since it began.
    failures: u64,
    /// Instances with something that waits for the store.
    waiting: usize,
    lasted: Duration,
}

/// What is said of one kind of access.
struct Words {
    begins: &'static str,
    lasts: &'static str,
    is_over: &'static str,
}

const OF_WRITES: Words = Words {
    begins: "the store can't be written: nothing is acknowledged, and what instances came to is kept and tried again",
    lasts: "the store still can't be written",
    is_over: "the store can be written again",
};

const OF_READS: Words = Words {
    begins: "the store can't be read: it is tried again",
    lasts: "the store still can't be read",
    is_over: "the store can be read again",
};

impl Health {
    /// Something was written, or not. `waiting`: whose it is, if it is tried again.
    pub(super) fn wrote<T>(
        &self,
        clock: &dyn Clock,
        waiting: Option<InstanceId>,
        answer: &Result<T, StoreError>,
    ) {
        self.writes
            .hear(clock, waiting, answer.as_ref().err(), &OF_WRITES);
    }

    /// Something was read, or not.
    pub(super) fn read<T>(
        &self,
        clock: &dyn Clock,
        waiting: Option<InstanceId>,
        answer: &Result<T, StoreError>,
    ) {
        self.reads.hear(clock, waiting, answer.as_ref().err(), &OF_READS);
    }

    /// Whether it is the store that fails, which is said here: then others need not say what follows from it.
    pub(super) fn explains(&self, error: &StoreError) -> bool {
        error.is_passing() && (self.writes.is_bad() || self.reads.is_bad())
    }
}

impl Condition {
    /// Says what is to be said about an access. Only what may pass is of the store; the rest, of one instance or one write.
    fn hear(
        &self,
        clock: &dyn Clock,
        waiting: Option<InstanceId>,
        failure: Option<&StoreError>,
        words: &Words,
    ) {
        let Some(error) = failure else {
            if let Some(news) = self.works(clock) {
                let (lasted, failures, waited) = news.fields();
                tracing::info!(lasted_s = lasted, failures, waited, "{}", words.is_over);
            }
            return;
        };
        if !error.is_passing() {
            return;
        }
        match self.fails(clock.now(), waiting) {
            Some(News { failures: 1, .. }) => tracing::warn!(%error, "{}", words.begins),
            Some(news) => {
                let (lasts, failures, waiting) = news.fields();
                tracing::warn!(%error, lasts_s = lasts, failures, waiting, "{}", words.lasts);
            }
            None => {}
        }
    }

    fn is_bad(&self) -> bool {
        self.is_bad.load(Ordering::Relaxed)
    }

    fn fails(&self, now: Timestamp, waiting: Option<InstanceId>) -> Option<News> {
        let mut trouble = lock(&self.trouble);
        self.is_bad.store(true, Ordering::Relaxed);
        trouble.fails(now, waiting)
    }

    fn works(&self, clock: &dyn Clock) -> Option<News> {
        if !self.is_bad() {
            return None;
        }
        let mut trouble = lock(&self.trouble);
        self.is_bad.store(false, Ordering::Relaxed);
        trouble.works(clock.now())
    }
}

impl Trouble {
    fn fails(&mut self, now: Timestamp, waiting: Option<InstanceId>) -> Option<News> {
        let since = *self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        self.waiting.extend(waiting);
        // Nearly full: small commits work, large ones don't, in turns. That is said as rarely.
        if self.said_at.is_some_and(|at| now.since(at) < REMIND_EVERY) {
            return None;
        }
        self.said_at = Some(now);
        self.is_known = true;
        Some(News {
            failures: self.failures,
            waiting: self.waiting.len(),
            lasted: now.since(since),
        })
    }

    fn works(&mut self, now: Timestamp) -> Option<News> {
        let since = self.since.take()?;
        let failures = std::mem::take(&mut self.failures);
        let waiting = std::mem::take(&mut self.waiting).len();
        let lasted = now.since(since);
        std::mem::take(&mut self.is_known).then_some(News {
            failures,
            waiting,
            lasted,
        })
    }
}

impl News {
    fn fields(&self) -> (f64, u64, usize) {
        (self.lasted.as_secs_f64(), self.failures, self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::runner::SystemClock;

    fn at(s: u64) -> Timestamp {
        Timestamp(1_700_000_000_000 + s * 1_000)
    }

    fn instance(n: u128) -> Option<InstanceId> {
        Some(InstanceId(Uuid::from_u128(n)))
    }

    fn news(failures: u64, waiting: usize, lasted_s: u64) -> Option<News> {
        Some(News {
            failures,
            waiting,
            lasted: Duration::from_secs(lasted_s),
        })
    }

    #[test]
    fn it_is_said_once_then_rarely_and_when_it_is_over() {
        let mut trouble = Trouble::default();
        let tries = (0..=1_200).step_by(5);
        let said: Vec<_> = tries
            .map(|s| trouble.fails(at(s), instance(u128::from(s % 3))))
            .filter(Option::is_some)
            .collect();
        assert_eq!(said, [news(1, 1, 0), news(121, 3, 600), news(241, 3, 1_200)]);
        assert_eq!(trouble.works(at(1_201)), news(241, 3, 1_201));
        assert_eq!(trouble.works(at(1_202)), None, "only once");
    }

    #[test]
    fn a_store_that_works_by_turns_does_not_fill_the_log() {
        let mut trouble = Trouble::default();
        assert_eq!(trouble.fails(at(0), None), news(1, 0, 0));
        assert_eq!(trouble.works(at(1)), news(1, 0, 1));
        for s in 2..600 {
            assert_eq!(trouble.fails(at(s), None), None);
            assert_eq!(trouble.works(at(s)), None);
        }
        assert_eq!(trouble.fails(at(600), None), news(1, 0, 0));
    }

    #[test]
    fn it_explains_what_follows_from_it_and_nothing_else() {
        let clock = &SystemClock::starting_at(at(0));
        let health = Health::default();
        let reason = || "full".to_owned();
        let full = StoreError::Unavailable { reason: reason() };
        let damaged = StoreError::Damaged { reason: reason() };
        health.wrote::<()>(clock, None, &Err(damaged.clone()));
        assert!(!health.explains(&full), "one write is to blame");
        health.wrote::<()>(clock, None, &Err(full.clone()));
        assert!(health.explains(&full));
        assert!(!health.explains(&damaged));
        health.read(clock, None, &Ok(()));
        assert!(health.explains(&full), "it can be read, and still not be written");
        health.wrote(clock, None, &Ok(()));
        assert!(!health.explains(&full));
    }
}
