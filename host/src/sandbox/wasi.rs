//! WASI, as little of it as a standard library needs to start.
//!
//! Every component built with a standard library imports a dozen WASI interfaces, used or not, so all of them are
//! there; what they lead to is not: no environment, arguments, files, network or terminal, standard input is empty.
//!
//! - [`Wasi::Real`], for `execute`: the machine's clocks and randomness. Open to every step for now; grants come.
//! - [`Wasi::Virtual`], for `describe` and `transit`: their answers must not depend on when and where they are asked.
//!   The wall clock stands still, sleeping returns at once and advances the monotonic clock, randomness is the same
//!   every time.

use std::time::Duration;

use async_trait::async_trait;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::ctx::GuestCtx;
use super::output::{Output, Stream};
use super::stdio::Captured;

/// The most random bytes that a guest can ask for at once; a larger request traps.
const RANDOM_BYTES: u64 = 1 << 20;

/// The virtual wall clock stands at 2000-01-01T00:00:00Z.
const VIRTUAL_NOW: Duration = Duration::from_secs(946_684_800);

/// Which world a guest finds itself in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wasi {
    Real,
    Virtual,
}

impl Wasi {
    /// A context that grants nothing, and writes to `output`.
    pub(super) fn context(self, output: &Output) -> WasiCtx {
        let mut builder = WasiCtxBuilder::new();
        builder
            .stdout(Captured::new(output.clone(), Stream::Stdout))
            .stderr(Captured::new(output.clone(), Stream::Stderr))
            .max_random_size(RANDOM_BYTES);
        if self == Self::Virtual {
            builder
                .wall_clock(StandingClock)
                .monotonic_clock(StandingClock)
                .secure_random(fixed_random())
                .insecure_random(fixed_random())
                .insecure_random_seed(0x9e37_79b9_7f4a_7c15);
        }
        builder.build()
    }

    pub(super) fn add_to_linker(self, linker: &mut Linker<GuestCtx>) -> wasmtime::Result<()> {
        wasmtime_wasi::p2::add_to_linker_async(linker)?;
        if self == Self::Virtual {
            linker.allow_shadowing(true);
            monotonic_clock::add_to_linker::<GuestCtx, HasVirtualClock>(linker, GuestCtx::virtual_clock)?;
            linker.allow_shadowing(false);
        }
        Ok(())
    }
}

impl WasiView for GuestCtx {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = self.wasi_parts();
        WasiCtxView { ctx, table }
    }
}

/// The same bytes every time; every value once in a cycle, well mixed.
fn fixed_random() -> Deterministic {
    Deterministic::new(
        (0..=u8::MAX)
            .map(|n| n.wrapping_mul(167).wrapping_add(13))
            .collect(),
    )
}

struct StandingClock;

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        VIRTUAL_NOW
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

/// A monotonic clock that only sleeping advances.
pub(super) struct VirtualClock<'a> {
    /// Nanoseconds since the guest was made.
    pub(super) now_ns: &'a mut u64,
    pub(super) table: &'a mut ResourceTable,
}

struct HasVirtualClock;

impl HasData for HasVirtualClock {
    type Data<'a> = VirtualClock<'a>;
}

impl VirtualClock<'_> {
    /// Sleeping is over before it began.
    fn advance_to(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        *self.now_ns = when.max(*self.now_ns);
        let over = self.table.push(Over)?;
        subscribe(self.table, over)
    }
}

impl monotonic_clock::Host for VirtualClock<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(*self.now_ns)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.advance_to(when)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.advance_to(self.now_ns.saturating_add(duration))
    }
}

struct Over;

#[async_trait]
impl Pollable for Over {
    async fn ready(&mut self) {
        // A guest that polls in a loop must not keep its worker for itself.
        tokio::task::yield_now().await;
    }
}
