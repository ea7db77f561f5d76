//! What a call consumes, counted where it is consumed. Known also when the guest is gone.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use hephaestus_core::engine::{HostCalls, Receipt};
use rustix::time::{ClockId, clock_gettime};

/// A kind of the host's functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Context,
    Log,
    Grants,
    Secrets,
    Checkpoint,
    Http,
    Wasi,
}

const KINDS: usize = 7;

/// Counts for one call into a guest. Clones share the counts: requests and their bodies outlive the
/// host call that began them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    cpu_ns: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    http_requests: AtomicU64,
    calls: [AtomicU64; KINDS],
    all_calls: AtomicU64,
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Tally {
    /// The guest calls the host.
    pub(super) fn call(&self, kind: Kind) {
        add(&self.0.calls[kind as usize], 1);
        add(&self.0.all_calls, 1);
    }

    /// How often the guest has called the host.
    pub(super) fn calls(&self) -> u64 {
        get(&self.0.all_calls)
    }

    /// The host hands something to the guest.
    pub(super) fn bytes_in(&self, bytes: usize) {
        add(&self.0.bytes_in, bytes);
    }

    /// The guest hands something to the host.
    pub(super) fn bytes_out(&self, bytes: usize) {
        add(&self.0.bytes_out, bytes);
    }

    pub(super) fn http_request(&self) {
        add(&self.0.http_requests, 1);
    }

    /// Counts the processor time of each poll of `future`.
    pub(super) fn time<F: Future>(&self, future: F) -> Timed<F> {
        Timed {
            future: Box::pin(future),
            tally: self.clone(),
        }
    }

    /// Writes down what was counted.
    pub(super) fn write(&self, receipt: Receipt) -> Receipt {
        let counts = &*self.0;
        let calls = |kind: Kind| get(&counts.calls[kind as usize]);
        Receipt {
            cpu_us: get(&counts.cpu_ns) / 1000,
            bytes_in: get(&counts.bytes_in),
            bytes_out: get(&counts.bytes_out),
            http_requests: get(&counts.http_requests),
            host_calls: HostCalls {
                context: calls(Kind::Context),
                log: calls(Kind::Log),
                grants: calls(Kind::Grants),
                secrets: calls(Kind::Secrets),
                checkpoint: calls(Kind::Checkpoint),
                http: calls(Kind::Http),
                wasi: calls(Kind::Wasi),
            },
            ..receipt
        }
    }
}

/// See [`Tally::time`].
pub(super) struct Timed<F> {
    future: Pin<Box<F>>,
    tally: Tally,
}

impl<F: Future> Future for Timed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let before = thread_cpu_ns();
        let polled = self.future.as_mut().poll(cx);
        // A poll doesn't change its thread.
        let spent = thread_cpu_ns().saturating_sub(before);
        self.tally.0.cpu_ns.fetch_add(spent, Ordering::Relaxed);
        polled
    }
}

/// The processor time of this thread.
fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use hephaestus_core::Timestamp;

    use super::*;

    fn busy(span: Duration) {
        let began = Instant::now();
        while began.elapsed() < span {
            std::hint::black_box(());
        }
    }

    #[tokio::test]
    async fn computing_counts_and_waiting_does_not() {
        let tally = Tally::default();
        let work = async {
            busy(Duration::from_millis(20));
            tokio::time::sleep(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
        };
        tally.time(work).await;
        let cpu_us = tally.write(Receipt::nothing(Timestamp(0))).cpu_us;
        assert!((1_000..60_000).contains(&cpu_us), "{cpu_us} us");
    }
}
