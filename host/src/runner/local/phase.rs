//! How far the runner has come to its end, and who waits for that.
//!
//! tokio's `watch` wakes those who wait in random order, which the tasks of instances would then write in. Here they are
//! woken in an order that follows from the order in which they began to wait: so a simulation repeats itself.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How far the runner has come to its end. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// It isn't ending.
    Open,
    /// No intake, nothing new is started, what runs may end.
    Draining,
    /// Everything stops where it is.
    Ended,
}

/// Those who wait are spread over so many lists: each instance's task waits most of the time, on any thread.
const LISTS: usize = 8;

/// The phase of a runner.
pub(super) struct PhaseSignal {
    phase: AtomicU8,
    /// Somebody waits for the end, and lets tasks write what is to be written.
    is_orderly: AtomicBool,
    lists: [Notify; LISTS],
    turn: AtomicUsize,
}

impl PhaseSignal {
    /// Of a runner that isn't ending.
    pub(super) fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Open as u8),
            is_orderly: AtomicBool::new(false),
            lists: [const { Notify::const_new() }; LISTS],
            turn: AtomicUsize::new(0),
        }
    }

    pub(super) fn now(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Open,
            1 => Phase::Draining,
            _ => Phase::Ended,
        }
    }

    /// Goes on to `phase`, unless it has come further already.
    pub(super) fn advance(&self, phase: Phase) {
        let before = self.phase.fetch_max(phase as u8, Ordering::SeqCst);
        if before < phase as u8 {
            self.lists.iter().for_each(Notify::notify_waiters);
        }
    }

    /// The runner ends, and somebody waits until its tasks have stopped.
    pub(super) fn end_in_order(&self) {
        if self.now() < Phase::Ended {
            self.is_orderly.store(true, Ordering::SeqCst);
        }
        self.advance(Phase::Ended);
    }

    /// Whether the runner has ended so, and not as in a crash.
    pub(super) fn ended_in_order(&self) -> bool {
        self.now() == Phase::Ended && self.is_orderly.load(Ordering::SeqCst)
    }

    /// Returns when it has come so far.
    pub(super) async fn reached(&self, phase: Phase) {
        if self.now() >= phase {
            return;
        }
        let list = &self.lists[self.turn.fetch_add(1, Ordering::Relaxed) % LISTS];
        loop {
            let mut notified = std::pin::pin!(list.notified());
            // Before the look: what comes between the two wakes it.
            notified.as_mut().enable();
            if self.now() >= phase {
                return;
            }
            notified.await;
        }
    }

    /// Returns when it isn't `phase` any more.
    pub(super) async fn left(&self, phase: Phase) {
        match phase {
            Phase::Open => self.reached(Phase::Draining).await,
            Phase::Draining => self.reached(Phase::Ended).await,
            Phase::Ended => std::future::pending().await,
        }
    }
}

impl fmt::Debug for PhaseSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PhaseSignal").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_phase_is_reached_by_a_later_one_and_never_goes_back() {
        let phase = PhaseSignal::new();
        phase.reached(Phase::Open).await;
        phase.advance(Phase::Ended);
        phase.advance(Phase::Draining);
        assert_eq!(phase.now(), Phase::Ended);
        phase.reached(Phase::Draining).await;
        phase.left(Phase::Open).await;
    }

    #[tokio::test]
    async fn who_waits_is_woken_in_the_same_order_each_time() {
        let order = async || {
            let (phase, woken) = (Arc::new(PhaseSignal::new()), Arc::new(Mutex::new(Vec::new())));
            let tasks: Vec<_> = (0..50)
                .map(|at| {
                    let (phase, woken) = (Arc::clone(&phase), Arc::clone(&woken));
                    tokio::spawn(async move {
                        phase.left(Phase::Open).await;
                        woken.lock().unwrap().push(at);
                    })
                })
                .collect();
            tokio::task::yield_now().await;
            phase.advance(Phase::Draining);
            for task in tasks {
                task.await.unwrap();
            }
            woken.lock().unwrap().clone()
        };
        let first = order().await;
        assert_eq!(first.len(), 50);
        for _ in 0..5 {
            assert_eq!(order().await, first);
        }
    }
}
