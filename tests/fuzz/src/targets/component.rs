//! The bytes of a component, from nothing that is WebAssembly to a component that runs: whoever deploys it is a stranger.
//!
//! - Loading answers: a workflow, or a refusal with a reason. The host never fails because of them.
//! - What was loaded can be executed, and asked where to go on: each comes to an outcome, in time, and it isn't the host's.
//!
//! Inputs are real components of the components folder, changed: anywhere; in the code, so that some of it is valid code
//! that nobody would write; in the data, so that workflows describe themselves strangely and steps run astray; with a module of
//! random code in the place of their own.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use fastrand::Rng;
use hephaestus_core::context::ContextView;
use hephaestus_core::engine::{Failure, FailureKind, Outcome};
use hephaestus_core::{Json, StepRef, Timestamp};
use hephaestus_host::deploy::digest;
use hephaestus_host::runner::{Attempt, LoadError, LoadedWorkflow, StepExecutor};
use hephaestus_host::sandbox::{SandboxOptions, WasmExecutor};
use tokio::runtime::Runtime;

use crate::bytes;
use crate::mutate;
use crate::smith;
use crate::target::{Bounds, Target};

/// See the module.
pub(crate) const TARGET: Target = Target {
    name: "component",
    about: "bytes of components",
    run,
    seeds,
    generate,
    // Compiling takes a while on a busy machine.
    bounds: Bounds {
        time: Duration::from_secs(60),
        memory_bytes: 1 << 30,
    },
};

/// Small ones: the time is for changes, not for compiling what is known.
const COMPONENTS: [&str; 3] = ["raw-wit", "hostile", "chain-steps"];

/// What a call may take; compiling isn't in it.
const DEADLINE: Duration = Duration::from_millis(200);
/// What it may take longer where others use the machine too.
const SLACK: Duration = Duration::from_secs(20);

/// How many steps of a component are executed.
const STEPS: usize = 3;

fn seeds() -> Vec<Vec<u8>> {
    let folder = components();
    let read = |name: &&str| {
        let path = folder.join(format!("{name}.wasm"));
        std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{}: {error}: `cargo xtask build` makes it", path.display());
        })
    };
    COMPONENTS.iter().map(read).collect()
}

/// As `cargo xtask` says; else beside this program.
fn components() -> PathBuf {
    let beside = || {
        let program = std::env::current_exe().ok()?;
        let mut folders = program.ancestors().map(|folder| folder.join("components"));
        folders.find(|folder| folder.is_dir())
    };
    let named = std::env::var_os("HEPHAESTUS_COMPONENTS").map(PathBuf::from);
    named.or_else(beside).unwrap_or_default()
}

fn generate(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let component = mutate::pick(rng, seeds);
    let Some(module) = bytes::largest(&component, bytes::CORE_MODULE) else {
        return mutate::bytes(rng, &[component], &[]);
    };
    match rng.u8(..10) {
        0 => mutate::bytes(rng, &[component], &["\0asm\u{d}\0\u{1}\0", "\0", "\u{7f}"]),
        1..4 => with_random_code(rng, &component, &module),
        4..6 => overwritten(rng, component, module, bytes::CODE),
        _ => overwritten(rng, component, module, bytes::DATA),
    }
}

/// With a module of random code in the place of its own. Its interfaces fit, so it is called.
fn with_random_code(rng: &mut Rng, component: &[u8], own: &Range<usize>) -> Vec<u8> {
    let made = (0..4).find_map(|_| smith::module(rng.u64(..), &component[own.clone()]));
    let made = made.unwrap_or_else(|| panic!("wasm-smith makes no module in four tries"));
    bytes::with_module(component, own, &made)
}

/// With some bytes changed in one section of its module.
fn overwritten(rng: &mut Rng, mut component: Vec<u8>, module: Range<usize>, place: u8) -> Vec<u8> {
    if let Some(section) = bytes::largest(&component[module.clone()], place) {
        // Little code that was changed is valid; of data, all is.
        let most = if place == bytes::CODE { 2 } else { 9 };
        let section = &mut component[module][section];
        for _ in 0..1 << rng.u32(0..most) {
            overwrite(rng, section);
        }
    }
    component
}

/// Changes a few bytes, and no length.
fn overwrite(rng: &mut Rng, section: &mut [u8]) {
    if section.is_empty() {
        return;
    }
    let at = rng.usize(..section.len());
    match rng.u8(..4) {
        0 => section[at] ^= 1 << rng.u8(..8),
        1 => section[at] = rng.u8(..),
        2 => {
            let from = rng.usize(..section.len());
            let most = (section.len() - at.max(from)).min(32);
            section.copy_within(from..from + rng.usize(..=most), at);
        }
        _ => {
            let number = [0_u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX][rng.usize(..5)];
            let end = section.len().min(at + 4);
            section[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
        }
    }
}

static EXECUTOR: LazyLock<(Runtime, WasmExecutor)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let mut options = SandboxOptions::default();
    options.slots = 4;
    options.cached_components = 1;
    options.limits.deadline = DEADLINE;
    options.limits.definition_deadline = DEADLINE;
    options.limits.memory_bytes = 32 << 20;
    options.limits.output_bytes = 64 << 10;
    options.limits.component_bytes = 4 << 20;
    let executor = WasmExecutor::new(options);
    (runtime, executor.unwrap_or_else(|error| panic!("{error}")))
});

fn run(input: &[u8]) {
    let (runtime, executor) = &*EXECUTOR;
    runtime.block_on(async {
        match executor.load(digest(input), input).await {
            Ok(loaded) => execute(executor, &loaded).await,
            Err(error @ (LoadError::Host { .. } | LoadError::Damaged { .. })) => panic!("{error}"),
            Err(error) => assert!(!error.to_string().is_empty(), "refused without a reason"),
        }
    });
}

async fn execute(executor: &WasmExecutor, loaded: &LoadedWorkflow) {
    let definition = loaded.workflow.definition();
    let mut sandbox = executor.sandbox(loaded);
    for step in definition.steps.iter().take(STEPS) {
        let began = Instant::now();
        let report = sandbox.execute(attempt(loaded, &step.name)).await;
        assert!(
            began.elapsed() < DEADLINE + SLACK,
            "an attempt took {:?}",
            began.elapsed()
        );
        if let Outcome::Failed(failure) = &report.outcome {
            demand_its_own(failure);
        }
    }
    let dynamic = definition.transitions.iter().find(|it| it.targets.is_dynamic());
    if let Some(transition) = dynamic {
        let attempt = attempt(loaded, &transition.source);
        if let Err(failure) = sandbox.transit(attempt, &transition.event).await {
            demand_its_own(&failure);
        }
    }
}

#[track_caller]
fn demand_its_own(failure: &Failure) {
    assert_ne!(failure.kind, FailureKind::Host, "{}", failure.message);
    assert!(!failure.message.is_empty(), "failed without a reason");
}

fn attempt(loaded: &LoadedWorkflow, step: &StepRef) -> Attempt {
    let definition = loaded.workflow.definition();
    Attempt {
        instance: id("019aa0c0-0000-7000-8000-000000000001"),
        business_id: id("key::abc"),
        workflow: definition.name.clone(),
        version: definition.version,
        step: step.clone(),
        attempt: 1,
        context: ContextView {
            initial: Json::from(serde_json::json!({ "misdeed": "none", "n": 1 })),
            results: BTreeMap::new(),
        },
        config: Some(Json::empty_object()),
        deadline: Some(DEADLINE),
        started_at: Timestamp(1_000),
        checkpoint: None,
    }
}

fn id<T: std::str::FromStr<Err = hephaestus_core::InvalidId>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else nothing of the random code would be run.
    #[test]
    fn components_of_random_code_are_called() {
        let seeds = seeds();
        let (runtime, executor) = &*EXECUTOR;
        let mut rng = Rng::with_seed(3);
        let called = (0..12).filter(|_| {
            let own = bytes::largest(&seeds[0], bytes::CORE_MODULE).unwrap();
            let made = with_random_code(&mut rng, &seeds[0], &own);
            match runtime.block_on(executor.load(digest(&made), &made)) {
                Ok(_) => true,
                Err(error) => error.to_string().contains("describe"),
            }
        });
        assert!(called.count() > 0, "not one of twelve");
    }
}
