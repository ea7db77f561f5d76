//! Who may have a guest, and the guests that rest between two steps.
//!
//! A slot stands for one guest in the pool. It is acquired before the guest's store is made and released after the
//! store is gone. A guest that rests keeps its slot, so those that wait for one could wait for ever for the owners of
//! resting guests, who may be waiting too (siblings of a fan-out). Hence the rule: whoever has to wait takes the place
//! of the guest that has rested longest, and no guest goes to rest while somebody waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// The right to have one guest.
#[derive(Debug)]
pub(super) struct Slot {
    _permit: OwnedSemaphorePermit,
}

/// Names a guest that rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RestId(u64);

/// All slots, and the guests (`G`) at rest.
#[derive(Debug)]
pub(super) struct Slots<G> {
    permits: Arc<Semaphore>,
    lounge: Mutex<Lounge<G>>,
}

#[derive(Debug)]
struct Lounge<G> {
    /// By the order in which they came.
    resting: BTreeMap<RestId, G>,
    next: u64,
    waiting: usize,
}

impl<G> Slots<G> {
    pub(super) fn new(count: u32) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(count.max(1) as usize)),
            lounge: Mutex::new(Lounge {
                resting: BTreeMap::new(),
                next: 0,
                waiting: 0,
            }),
        }
    }

    /// Waits for a slot. The caller must not hold one.
    pub(super) async fn acquire(&self) -> Result<Slot, AcquireError> {
        let _permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _waiting = Waiting::begin(self);
                Arc::clone(&self.permits).acquire_owned().await?
            }
        };
        Ok(Slot { _permit })
    }

    /// Lets a guest rest until [`Slots::wake`]; drops it if somebody waits for its slot.
    pub(super) fn rest(&self, guest: G) -> Option<RestId> {
        let mut lounge = self.lounge();
        if lounge.waiting > 0 {
            drop(lounge);
            drop(guest);
            return None;
        }
        let id = RestId(lounge.next);
        lounge.next += 1;
        lounge.resting.insert(id, guest);
        Some(id)
    }

    /// The guest back, unless it had to give way.
    pub(super) fn wake(&self, id: RestId) -> Option<G> {
        self.lounge().resting.remove(&id)
    }

    fn lounge(&self) -> MutexGuard<'_, Lounge<G>> {
        self.lounge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits, as long as this exists.
struct Waiting<'a, G>(&'a Slots<G>);

impl<'a, G> Waiting<'a, G> {
    fn begin(slots: &'a Slots<G>) -> Self {
        let mut lounge = slots.lounge();
        lounge.waiting += 1;
        let displaced = lounge.resting.pop_first();
        drop(lounge);
        // Outside the lock: a guest's memory goes back to the system here.
        drop(displaced);
        Self(slots)
    }
}

impl<G> Drop for Waiting<'_, G> {
    fn drop(&mut self) {
        self.0.lounge().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_takes_the_place_of_the_longest_at_rest() {
        let slots = Slots::new(2);
        let first = slots.rest(slots.acquire().await.unwrap()).unwrap();
        let second = slots.rest(slots.acquire().await.unwrap()).unwrap();
        let _third = slots.acquire().await.unwrap();
        assert!(slots.wake(first).is_none());
        assert!(slots.wake(second).is_some());
    }

    #[tokio::test]
    async fn nobody_goes_to_rest_while_somebody_waits() {
        let slots = Arc::new(Slots::new(1));
        let held = slots.acquire().await.unwrap();
        let waiter = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.acquire().await.unwrap() }
        });
        tokio::task::yield_now().await;
        assert!(slots.rest(held).is_none());
        let got = waiter.await.unwrap();
        assert!(slots.rest(got).is_some(), "nobody waits any more");
    }

    #[tokio::test]
    async fn who_gives_up_waiting_is_not_counted() {
        let slots = Slots::new(1);
        let held = slots.acquire().await.unwrap();
        let mut waiting = Box::pin(slots.acquire());
        assert!(futures_poll_once(&mut waiting).await);
        drop(waiting);
        assert!(slots.rest(held).is_some());
    }

    /// Whether the future is still pending after one poll.
    async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> bool {
        std::future::poll_fn(|cx| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())
        })
        .await
    }
}
