//! The wasmtime engine: its configuration, its pool, and the thread that makes time visible to compiled code.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig, WasmBacktraceDetails};

use super::options::{SandboxError, SandboxOptions};

/// How often running guests look at the time.
const TICK: Duration = Duration::from_millis(10);

/// Stack for host functions on top of the guest's own.
const HOST_STACK_BYTES: usize = 1536 << 10;

/// What one component may be made of. A Rust guest takes four core instances, one memory and two tables; a composed
/// one, or one that brings an interpreter, some more.
pub(super) const CORE_INSTANCES_PER_GUEST: u32 = 32;
/// See [`CORE_INSTANCES_PER_GUEST`].
pub(super) const MEMORIES_PER_GUEST: u32 = 4;
/// See [`CORE_INSTANCES_PER_GUEST`].
pub(super) const TABLES_PER_GUEST: u32 = 16;

/// The engine, with a pool of `options.slots` guests if the machine has the address space for it.
pub(super) fn engine(options: &SandboxOptions) -> Result<Engine, SandboxError> {
    let mut config = base_config(options);
    config.allocation_strategy(pool(options));
    Engine::new(&config)
        .or_else(|error| {
            tracing::warn!(
                reason = format!("{error:#}"),
                "no pool for guests: every instantiation will ask the system for memory"
            );
            Engine::new(&base_config(options))
        })
        .map_err(|error| SandboxError::Engine {
            reason: format!("{error:#}"),
        })
}

fn base_config(options: &SandboxOptions) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .max_wasm_stack(options.limits.stack_bytes)
        .async_stack_size(options.limits.stack_bytes.saturating_add(HOST_STACK_BYTES));
    config
}

/// What stays in the memory of a slot that nobody uses, zeroed or as the component has it: giving pages back to the
/// system and getting them again costs more than all else that a fresh guest needs. More than a small guest touches.
const KEPT_MEMORY_BYTES: usize = 1 << 20;
/// See [`KEPT_MEMORY_BYTES`].
const KEPT_TABLE_BYTES: usize = 64 << 10;

fn pool(options: &SandboxOptions) -> PoolingAllocationConfig {
    let slots = options.slots.max(1);
    let mut pool = PoolingAllocationConfig::new();
    // Linux from 6.7 on tells which pages were written to; without that, all that is kept would have to be cleaned.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
            .table_keep_resident(KEPT_TABLE_BYTES);
    }
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES_PER_GUEST))
        .total_memories(slots.saturating_mul(MEMORIES_PER_GUEST))
        .total_tables(slots.saturating_mul(TABLES_PER_GUEST))
        .total_stacks(slots)
        .max_core_instances_per_component(CORE_INSTANCES_PER_GUEST)
        .max_memories_per_component(MEMORIES_PER_GUEST)
        .max_tables_per_component(TABLES_PER_GUEST)
        .table_elements(options.limits.table_elements);
    pool
}

/// Advances the engine's epoch every [`TICK`] until it is dropped.
///
/// A thread, not a task: guests that compute on every worker of the runtime must not be able to keep it from running.
#[derive(Debug)]
pub(super) struct Ticker {
    /// The thread ends when this is dropped.
    _stop: Sender<()>,
}

impl Ticker {
    pub(super) fn start(engine: Engine) -> Result<Self, SandboxError> {
        let (stop, stopped) = mpsc::channel::<()>();
        std::thread::Builder::new()
            .name("hephaestus-epochs".into())
            .spawn(move || {
                while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    engine.increment_epoch();
                }
            })
            .map_err(SandboxError::Ticker)?;
        Ok(Self { _stop: stop })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticker_lets_go_of_the_engine_when_it_is_dropped() {
        let engine = engine(&SandboxOptions::default()).unwrap();
        let weak = engine.weak();
        let ticker = Ticker::start(engine).unwrap();
        assert!(weak.upgrade().is_some());
        drop(ticker);
        let patience = std::time::Instant::now() + Duration::from_secs(10);
        while weak.upgrade().is_some() {
            assert!(
                std::time::Instant::now() < patience,
                "the thread still holds the engine"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_pool_that_the_machine_does_not_have_is_done_without() {
        let options = SandboxOptions {
            slots: 1 << 24,
            ..Default::default()
        };
        assert!(engine(&options).is_ok());
    }
}
