//! WASI, as little of it as a standard library needs to start, and what a step was granted.
//!
//! Every component built with a standard library imports a dozen WASI interfaces, used or not, so all of them are
//! there; what isn't granted leads nowhere: no environment, arguments, folders, network or terminal, standard input is
//! empty, clocks stand still ([`clock`]), random numbers can be foretold ([`random`]).

mod clock;
mod random;

use std::env::VarError;
use std::path::PathBuf;

use hephaestus_core::engine::{Failure, FailureKind};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use clock::Sleep;
pub(super) use clock::{Clock, MonotonicClock};
pub(super) use random::Seed;

use super::ctx::GuestCtx;
use super::output::{Output, Stream};
use super::stdio::Captured;
use crate::deploy::grants::{EnvSource, FilesGrant, StepGrants};
use crate::deploy::overlap;
use crate::runner::Attempt;

/// The most random bytes that a guest can ask for at once; a larger request traps.
const RANDOM_BYTES: u64 = 1 << 20;

/// Which world a guest finds itself in, for life.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wasi<'a> {
    /// For `execute`: what its step was granted.
    Step {
        grants: &'a StepGrants,
        /// The first one.
        attempt: &'a Attempt,
        /// Real paths that no step is shown, nor a folder that holds them.
        guarded: &'a [PathBuf],
    },
    /// For `describe` and `transit`, whose answers must not depend on when and where they are asked: nothing, and
    /// sleeping is over at once.
    Definition,
}

/// What WASI is made of for one guest.
pub(super) struct World {
    pub(super) ctx: WasiCtx,
    pub(super) clock: Clock,
    /// `None`: its random numbers are real.
    pub(super) seed: Option<Seed>,
}

impl Wasi<'_> {
    /// The world of a guest that writes to `output`. Fails if something that is granted isn't there.
    pub(super) fn world(self, output: &Output) -> Result<World, Failure> {
        let nothing = StepGrants::default();
        let (grants, attempt, guarded, sleep) = match self {
            Self::Step {
                grants,
                attempt,
                guarded,
            } => (grants, Some(attempt), guarded, Sleep::InTime),
            Self::Definition => (&nothing, None, &[][..], Sleep::AtOnce),
        };
        let clock = if grants.clock {
            Clock::running()
        } else {
            Clock::standing(sleep)
        };
        let mut builder = WasiCtxBuilder::new();
        builder
            .stdout(Captured::new(output.clone(), Stream::Stdout))
            .stderr(Captured::new(output.clone(), Stream::Stderr))
            .max_random_size(RANDOM_BYTES)
            .wall_clock(clock.clone())
            .monotonic_clock(clock.clone());
        let seed = (!grants.random).then(Seed::default);
        if let Some(seed) = &seed {
            builder
                .secure_random(seed.clone())
                .insecure_random(seed.clone())
                .insecure_random_seed(Seed::of_tables(attempt.map(Attempt::idempotency_key).as_deref()));
        }
        for (name, source) in &grants.env {
            builder.env(name.as_str(), variable(name.as_str(), source)?);
        }
        for (guest, grant) in &grants.files {
            show(&mut builder, guest.as_str(), grant, guarded)?;
        }
        Ok(World {
            ctx: builder.build(),
            clock,
            seed,
        })
    }
}

impl World {
    /// Prepares for one attempt: where they aren't granted, time and randomness are those of its step.
    pub(super) fn begin(&self, attempt: Option<&Attempt>) {
        self.clock
            .set(attempt.and_then(|attempt| attempt.instance.created_ms()));
        if let Some(seed) = &self.seed {
            seed.set(attempt.map(Attempt::idempotency_key).as_deref());
        }
    }
}

fn unavailable(message: String) -> Failure {
    Failure::new(FailureKind::Host, message)
}

/// The value of a variable. The host's own are read when a guest is made.
fn variable(name: &str, source: &EnvSource) -> Result<String, Failure> {
    match source {
        EnvSource::Value(value) => Ok(value.clone()),
        // Its value is nobody's business, also where it is no text.
        EnvSource::Host(own) => std::env::var(own).map_err(|error| {
            let why = match error {
                VarError::NotPresent => "which is not set",
                VarError::NotUnicode(_) => "which is not a text in UTF-8",
            };
            unavailable(format!(
                "the manifest takes the environment variable `{name}` from the host's `{own}`, {why}"
            ))
        }),
    }
}

/// Shows a folder to the guest. The system keeps it there: paths are resolved beneath the open folder, symbolic links
/// too.
fn show(
    builder: &mut WasiCtxBuilder,
    guest: &str,
    grant: &FilesGrant,
    guarded: &[PathBuf],
) -> Result<(), Failure> {
    let real = overlap::real(&grant.host);
    if let Some(inner) = guarded
        .iter()
        .find(|path| overlap::holds(&real, path) || overlap::holds(path, &real))
    {
        return Err(unavailable(format!(
            "the manifest shows the folder {} to this step as `{guest}`, but the host keeps {} there; show it another one",
            grant.host.display(),
            inner.display()
        )));
    }
    let access = if grant.write {
        FsPerms::ReadWrite
    } else {
        FsPerms::ReadOnly
    };
    builder
        .preopened_dir(&grant.host, guest, access)
        .map(drop)
        .map_err(|error| {
            let host = grant.host.display();
            unavailable(format!(
                "the manifest shows the folder {host} to this step as `{guest}`, but it can't be opened: {error}"
            ))
        })
}

pub(super) fn add_to_linker(linker: &mut Linker<GuestCtx>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    clock::add_to_linker(linker)
}

impl WasiView for GuestCtx {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table): (&mut WasiCtx, &mut ResourceTable) = self.wasi_parts();
        WasiCtxView { ctx, table }
    }
}
