//! The memory of one guest: how much it has, and whether it asked for more than it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use wasmtime::ResourceLimiter;

use super::engine::{CORE_INSTANCES_PER_GUEST, MEMORIES_PER_GUEST, TABLES_PER_GUEST};
use super::options::SandboxLimits;

/// What is known about the memory of a guest, also when the guest is gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<MeterState>);

#[derive(Debug, Default)]
struct MeterState {
    memory_bytes: AtomicUsize,
    denied: AtomicBool,
}

impl Meter {
    /// The size of the guest's linear memories together.
    pub(super) fn memory_bytes(&self) -> usize {
        self.0.memory_bytes.load(Ordering::Relaxed)
    }

    /// Whether the guest was refused memory since [`Meter::forget_denials`]. To the guest that looks like a failed
    /// allocation, which most answer with `unreachable`.
    pub(super) fn was_denied(&self) -> bool {
        self.0.denied.load(Ordering::Relaxed)
    }

    pub(super) fn forget_denials(&self) {
        self.0.denied.store(false, Ordering::Relaxed);
    }
}

/// Enforces [`SandboxLimits`] on one store.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_limit_bytes: usize,
    table_limit: usize,
    last_growth_bytes: usize,
    meter: Meter,
}

impl Limiter {
    pub(super) fn new(limits: &SandboxLimits) -> Self {
        Self {
            memory_limit_bytes: limits.memory_bytes,
            table_limit: limits.table_elements,
            last_growth_bytes: 0,
            meter: Meter::default(),
        }
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let total = self.meter.memory_bytes().saturating_add(growth);
        let allowed = total <= self.memory_limit_bytes;
        if allowed && maximum.is_none_or(|maximum| desired <= maximum) {
            self.last_growth_bytes = growth;
            self.meter.0.memory_bytes.store(total, Ordering::Relaxed);
        } else {
            self.last_growth_bytes = 0;
        }
        if !allowed {
            self.meter.0.denied.store(true, Ordering::Relaxed);
        }
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        let growth = std::mem::take(&mut self.last_growth_bytes);
        self.meter.0.memory_bytes.fetch_sub(growth, Ordering::Relaxed);
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.table_limit;
        if !allowed {
            self.meter.0.denied.store(true, Ordering::Relaxed);
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_PER_GUEST as usize
    }

    fn tables(&self) -> usize {
        TABLES_PER_GUEST as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_PER_GUEST as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 64 << 10;

    fn limiter(pages: usize) -> Limiter {
        Limiter::new(&SandboxLimits {
            memory_bytes: pages * PAGE,
            ..Default::default()
        })
    }

    #[test]
    fn memories_share_one_limit() {
        let mut limiter = limiter(3);
        assert!(limiter.memory_growing(0, 2 * PAGE, None).unwrap());
        assert!(limiter.memory_growing(0, PAGE, None).unwrap());
        assert!(!limiter.meter().was_denied());
        assert!(!limiter.memory_growing(PAGE, 2 * PAGE, None).unwrap());
        assert!(limiter.meter().was_denied());
        assert_eq!(limiter.meter().memory_bytes(), 3 * PAGE);
    }

    #[test]
    fn growth_that_failed_is_not_counted() {
        let mut limiter = limiter(3);
        assert!(limiter.memory_growing(0, 2 * PAGE, None).unwrap());
        limiter.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert_eq!(limiter.meter().memory_bytes(), 0);
        assert!(
            limiter.memory_growing(0, PAGE, Some(0)).unwrap(),
            "beyond the memory's own maximum"
        );
        limiter.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert_eq!(limiter.meter().memory_bytes(), 0);
        assert!(!limiter.meter().was_denied());
    }
}
