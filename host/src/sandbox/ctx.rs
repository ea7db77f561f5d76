//! What a store knows about its guest, and the one place where all capabilities meet.

use std::sync::Arc;
use std::time::Instant;

use hephaestus_core::definition::Workflow;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiCtx;

use super::bindings::hephaestus::workflow::{context, log};
use super::limiter::{Limiter, Meter};
use super::options::SandboxLimits;
use super::output::Output;
use super::wasi::{VirtualClock, Wasi};
use crate::runner::Attempt;

/// The most host objects (streams, pollables) that a guest can hold; one more traps.
const HOST_OBJECTS: usize = 4096;

/// Whose call the guest is serving.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) attempt: Arc<Attempt>,
    pub(super) workflow: Arc<Workflow>,
}

/// The data of a store.
pub(super) struct GuestCtx {
    wasi: WasiCtx,
    table: ResourceTable,
    virtual_now_ns: u64,
    limiter: Limiter,
    output: Output,
    /// `None` while the workflow describes itself: there is no instance then.
    scope: Option<Scope>,
    deadline: Instant,
}

impl GuestCtx {
    pub(super) fn new(wasi: Wasi, limits: &SandboxLimits) -> Self {
        let output = Output::new(limits);
        let mut table = ResourceTable::new();
        table.set_max_capacity(HOST_OBJECTS);
        Self {
            wasi: wasi.context(&output),
            table,
            virtual_now_ns: 0,
            limiter: Limiter::new(limits),
            output,
            scope: None,
            deadline: Instant::now(),
        }
    }

    /// Prepares for one call.
    pub(super) fn begin(&mut self, scope: Option<Scope>, deadline: Instant) {
        self.scope = scope;
        self.deadline = deadline;
        self.limiter.meter().forget_denials();
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn limiter(&mut self) -> &mut Limiter {
        &mut self.limiter
    }

    pub(super) fn meter(&self) -> Meter {
        self.limiter.meter().clone()
    }

    pub(super) fn output(&self) -> Output {
        self.output.clone()
    }

    pub(super) fn wasi_parts(&mut self) -> (&mut WasiCtx, &mut ResourceTable) {
        (&mut self.wasi, &mut self.table)
    }

    pub(super) fn virtual_clock(&mut self) -> VirtualClock<'_> {
        VirtualClock {
            now_ns: &mut self.virtual_now_ns,
            table: &mut self.table,
        }
    }

    fn capabilities(&mut self) -> Capabilities<'_> {
        Capabilities {
            scope: self.scope.as_ref(),
            output: &self.output,
        }
    }
}

/// What the host's own interfaces may look at while they serve a call.
pub(super) struct Capabilities<'a> {
    pub(super) scope: Option<&'a Scope>,
    pub(super) output: &'a Output,
}

struct HasCapabilities;

impl HasData for HasCapabilities {
    type Data<'a> = Capabilities<'a>;
}

/// Everything a guest can import.
pub(super) fn add_to_linker(linker: &mut Linker<GuestCtx>, wasi: Wasi) -> wasmtime::Result<()> {
    wasi.add_to_linker(linker)?;
    context::add_to_linker::<GuestCtx, HasCapabilities>(linker, GuestCtx::capabilities)?;
    log::add_to_linker::<GuestCtx, HasCapabilities>(linker, GuestCtx::capabilities)
}
