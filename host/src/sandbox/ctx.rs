//! What a store knows about its guest, and the one place where all capabilities meet.

use std::sync::Arc;
use std::time::Instant;

use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::Failure;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiCtx;

use super::bindings::hephaestus::workflow::{checkpoint, context, grants, log, secrets};
use super::http::{self, Denials, Http, Network};
use super::limiter::{Limiter, Meter};
use super::options::SandboxLimits;
use super::output::Output;
use super::tally::{Kind, Tally};
use super::wasi::{self, MonotonicClock, Wasi, World};
use crate::deploy::grants::StepGrants;
use crate::deploy::policy::StepPolicy;
use crate::runner::Attempt;

/// Whose call the guest is serving.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) attempt: Arc<Attempt>,
    pub(super) workflow: Arc<Workflow>,
    /// `None` while the workflow routes: nothing is granted then, and nothing can be.
    pub(super) policy: Option<Arc<StepPolicy>>,
}

impl Scope {
    /// What the running step is granted. `None` while the workflow routes.
    pub(super) fn grants(&self) -> Option<&StepGrants> {
        self.policy.as_deref().map(|policy| &policy.grants)
    }
}

/// The data of a store.
pub(super) struct GuestCtx {
    world: World,
    table: ResourceTable,
    limiter: Limiter,
    output: Output,
    /// `None` while the workflow describes itself: there is no instance then.
    scope: Option<Scope>,
    http: Http,
    denials: Denials,
    tally: Tally,
    most_calls: u64,
    deadline: Instant,
}

impl GuestCtx {
    pub(super) fn new(
        wasi: Wasi<'_>,
        limits: &SandboxLimits,
        network: Arc<Network>,
    ) -> Result<Self, Failure> {
        let denials = Denials::default();
        let output = Output::new(limits);
        let tally = Tally::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Ok(Self {
            world: wasi.world(&output)?,
            table,
            limiter: Limiter::new(limits),
            output,
            scope: None,
            http: Http::new(network, limits, denials.clone(), tally.clone()),
            denials,
            tally,
            most_calls: limits.host_calls,
            deadline: Instant::now(),
        })
    }

    /// Prepares for one call.
    pub(super) fn begin(&mut self, scope: Option<Scope>, deadline: Instant) {
        // Afresh, not set back: what an earlier attempt has left running counts for nobody.
        self.tally = Tally::default();
        self.denials = Denials::default();
        self.http.begin(
            scope.as_ref().and_then(|scope| scope.policy.clone()),
            (self.denials.clone(), self.tally.clone()),
        );
        self.world.begin(scope.as_ref().map(|scope| &*scope.attempt));
        self.scope = scope;
        self.deadline = deadline;
        self.limiter.meter().forget_denials();
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the guest was denied something during the last call.
    pub(super) fn was_denied(&self) -> bool {
        self.denials.any()
    }

    /// Whether the guest called the host more often than it may.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.tally.calls() > self.most_calls
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally.clone()
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

    /// For one call of the host's WASI: counts it.
    pub(super) fn wasi_parts(&mut self) -> (&mut WasiCtx, &mut ResourceTable) {
        self.tally.call(Kind::Wasi);
        (&mut self.world.ctx, &mut self.table)
    }

    /// For one call of the host's HTTP: counts it.
    pub(super) fn http_parts(&mut self) -> (&mut Http, &mut ResourceTable) {
        self.tally.call(Kind::Http);
        (&mut self.http, &mut self.table)
    }

    /// For one call of the clock: counts it.
    pub(super) fn monotonic_clock(&mut self) -> MonotonicClock<'_> {
        self.tally.call(Kind::Wasi);
        MonotonicClock {
            clock: &self.world.clock,
            table: &mut self.table,
        }
    }

    /// For one call of an interface of ours: counts it.
    fn capabilities(&self, kind: Kind) -> Capabilities<'_> {
        self.tally.call(kind);
        Capabilities {
            scope: self.scope.as_ref(),
            output: &self.output,
            denials: &self.denials,
            tally: &self.tally,
        }
    }
}

/// What the host's own interfaces may look at while they serve a call.
pub(super) struct Capabilities<'a> {
    pub(super) scope: Option<&'a Scope>,
    pub(super) output: &'a Output,
    pub(super) denials: &'a Denials,
    pub(super) tally: &'a Tally,
}

struct HasCapabilities;

impl HasData for HasCapabilities {
    type Data<'a> = Capabilities<'a>;
}

/// Everything a guest can import.
pub(super) fn add_to_linker(linker: &mut Linker<GuestCtx>) -> wasmtime::Result<()> {
    wasi::add_to_linker(linker)?;
    http::add_to_linker(linker)?;
    context::add_to_linker::<GuestCtx, HasCapabilities>(linker, |ctx| ctx.capabilities(Kind::Context))?;
    log::add_to_linker::<GuestCtx, HasCapabilities>(linker, |ctx| ctx.capabilities(Kind::Log))?;
    grants::add_to_linker::<GuestCtx, HasCapabilities>(linker, |ctx| ctx.capabilities(Kind::Grants))?;
    secrets::add_to_linker::<GuestCtx, HasCapabilities>(linker, |ctx| ctx.capabilities(Kind::Secrets))?;
    checkpoint::add_to_linker::<GuestCtx, HasCapabilities>(linker, |ctx| ctx.capabilities(Kind::Checkpoint))
}
