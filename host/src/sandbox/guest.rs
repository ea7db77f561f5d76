//! One guest: a store with an instance of a component, and a call into it that always ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hephaestus_core::engine::Failure;
use wasmtime::{Store, UpdateDeadline};

use super::bindings::exports::hephaestus::workflow::definition::WorkflowDefinition;
use super::bindings::exports::hephaestus::workflow::steps::{Outcome, StepError};
use super::bindings::{Workflow, WorkflowPre};
use super::ctx::{GuestCtx, Scope};
use super::executor::Shared;
use super::failure::{Circumstances, classify, deadline};
use super::limiter::Meter;
use super::options::SandboxLimits;
use super::output::Output;
use super::slots::Slot;
use super::tally::Tally;
use super::wasi::Wasi;
use crate::runner::OutputLine;

/// The longest time that any call gets; keeps sums of times in range.
const ETERNITY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What a guest can hand over on top of [`SandboxLimits::output_bytes`]: names, and the lists around them.
const OUTPUT_SLACK_BYTES: usize = 64 << 10;

/// A store with its guest. Instantiated by its first call, so that this is within the call's budget.
pub(super) struct Guest {
    store: Store<GuestCtx>,
    exports: Option<Workflow>,
    /// Released last: a slot is free when its store is gone.
    _slot: Slot,
}

/// A call that came back. One that was cut off doesn't, and its guest is lost with it.
type Returned<R> = (Guest, wasmtime::Result<R>);

/// What a call came to.
pub(super) struct Ended<R> {
    /// What the guest returned, or why it didn't.
    pub(super) result: Result<R, Failure>,
    /// The guest, if it returned: only then can it be called again.
    pub(super) guest: Option<Guest>,
    pub(super) output: Vec<OutputLine>,
    /// Knows the secrets that the guest has read.
    pub(super) words: Output,
    pub(super) wall: Duration,
    pub(super) memory_before_bytes: usize,
    pub(super) memory_bytes: usize,
    pub(super) tally: Tally,
}

impl Guest {
    /// `limits`: its own, for life.
    pub(super) fn new(
        shared: &Shared,
        wasi: Wasi<'_>,
        limits: &SandboxLimits,
        slot: Slot,
    ) -> Result<Self, Failure> {
        let ctx = GuestCtx::new(wasi, limits, Arc::clone(&shared.network))?;
        let mut store = Store::new(&shared.engine, ctx);
        store.limiter(|ctx| ctx.limiter());
        store.set_hostcall_fuel(limits.output_bytes.saturating_add(OUTPUT_SLACK_BYTES));
        store.epoch_deadline_callback(|store| {
            if Instant::now() >= store.data().deadline() || store.data().is_overdrawn() {
                return Ok(UpdateDeadline::Interrupt);
            }
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
        });
        Ok(Self {
            store,
            exports: None,
            _slot: slot,
        })
    }

    /// Whether it was denied a capability during its last call.
    pub(super) fn was_denied(&self) -> bool {
        self.store.data().was_denied()
    }

    /// What it wrote and will write.
    pub(super) fn output(&self) -> Output {
        self.store.data().output()
    }

    /// Prepares for one call.
    pub(super) fn begin(&mut self, scope: Option<Scope>, budget: Duration) -> Call {
        let began = Instant::now();
        let budget = budget.min(ETERNITY);
        self.store.data_mut().begin(scope, began + budget);
        self.store.set_epoch_deadline(1);
        Call {
            began,
            budget,
            output: self.store.data().output(),
            memory_before_bytes: self.store.data().meter().memory_bytes(),
            meter: self.store.data().meter(),
            tally: self.store.data().tally(),
        }
    }

    /// `steps.execute`
    pub(super) async fn execute(
        mut self,
        code: &WorkflowPre<GuestCtx>,
        step: String,
    ) -> Returned<Result<Outcome, StepError>> {
        let result = match self.instantiate(code).await {
            Ok((store, exports)) => {
                exports
                    .hephaestus_workflow_steps()
                    .call_execute(store, &step)
                    .await
            }
            Err(error) => Err(error),
        };
        (self, result)
    }

    /// `routing.transit`
    pub(super) async fn transit(
        mut self,
        code: &WorkflowPre<GuestCtx>,
        step: String,
        event: String,
    ) -> Returned<Vec<String>> {
        let result = match self.instantiate(code).await {
            Ok((store, exports)) => {
                exports
                    .hephaestus_workflow_routing()
                    .call_transit(store, &step, &event)
                    .await
            }
            Err(error) => Err(error),
        };
        (self, result)
    }

    /// `definition.describe`
    pub(super) async fn describe(mut self, code: &WorkflowPre<GuestCtx>) -> Returned<WorkflowDefinition> {
        let result = match self.instantiate(code).await {
            Ok((store, exports)) => {
                exports
                    .hephaestus_workflow_definition()
                    .call_describe(store)
                    .await
            }
            Err(error) => Err(error),
        };
        (self, result)
    }

    async fn instantiate(
        &mut self,
        code: &WorkflowPre<GuestCtx>,
    ) -> wasmtime::Result<(&mut Store<GuestCtx>, &Workflow)> {
        let exports = match self.exports.take() {
            Some(exports) => exports,
            None => code.instantiate_async(&mut self.store).await?,
        };
        Ok((&mut self.store, self.exports.insert(exports)))
    }
}

/// One call: what outlives the guest if it has to be cut off.
pub(super) struct Call {
    began: Instant,
    budget: Duration,
    output: Output,
    memory_before_bytes: usize,
    meter: Meter,
    tally: Tally,
}

impl Call {
    /// Drives the call to its end: the guest's, or the deadline. Epochs end a guest that computes, the timeout one
    /// that waits for the host.
    pub(super) async fn run<R>(
        self,
        limits: &SandboxLimits,
        call: impl Future<Output = Returned<R>>,
    ) -> Ended<R> {
        let remaining = self.budget.saturating_sub(self.began.elapsed());
        let returned = tokio::time::timeout(remaining, self.tally.time(call)).await;
        let wall = self.began.elapsed();
        let output = self.output.take();
        let (result, guest) = match returned {
            Err(_) => (Err(deadline(self.budget)), None),
            Ok((guest, Ok(value))) => (Ok(value), Some(guest)),
            Ok((guest, Err(error))) => {
                let circumstances = Circumstances {
                    instantiated: guest.exports.is_some(),
                    was_denied_memory: self.meter.was_denied(),
                    host_calls: self.tally.calls(),
                    budget: self.budget,
                    limits,
                    output: &output,
                };
                (Err(classify(&error, &circumstances)), None)
            }
        };
        Ended {
            result,
            guest,
            output,
            words: self.output,
            wall,
            memory_before_bytes: self.memory_before_bytes,
            memory_bytes: self.meter.memory_bytes(),
            tally: self.tally,
        }
    }
}
