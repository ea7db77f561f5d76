//! A component alone: one instance of it, called over and over. The engine is set up as the host's sandbox sets up its
//! own; the host's functions are there as far as the component uses them, the others trap.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use wasmtime::component::{Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, PoolingAllocationConfig, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use bindings::exports::hephaestus::workflow::steps::Outcome;
use bindings::hephaestus::workflow::checkpoint::{self, SaveError};
use bindings::hephaestus::workflow::context::{self, InstanceInfo, ReadError};
use bindings::hephaestus::workflow::log;

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "workflow",
        imports: { default: trappable },
        exports: { default: async },
    });
}

/// The steps of the chain, each with the configuration that it reads.
pub const STEPS: [(&str, &str); 10] = [
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
];

/// An instance of the chain's component.
pub struct RawGuest {
    store: Store<Ctx>,
    exports: bindings::Workflow,
}

struct Ctx {
    wasi: WasiCtx,
    table: ResourceTable,
    config: &'static str,
}

impl WasiView for Ctx {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl RawGuest {
    /// Compiles and instantiates the component.
    pub async fn new(component: &[u8]) -> Result<Self> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .concurrency_support(false)
            .allocation_strategy(PoolingAllocationConfig::new());
        let engine = Engine::new(&config).map_err(|error| anyhow!("{error:#}"))?;
        let exports = Self::instantiate(&engine, component).await;
        exports.map_err(|error| anyhow!("{error:#}"))
    }

    async fn instantiate(engine: &Engine, component: &[u8]) -> wasmtime::Result<Self> {
        let component = Component::new(engine, component)?;
        let mut linker = Linker::<Ctx>::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        context::add_to_linker::<Ctx, HasSelf<Ctx>>(&mut linker, |ctx| ctx)?;
        log::add_to_linker::<Ctx, HasSelf<Ctx>>(&mut linker, |ctx| ctx)?;
        checkpoint::add_to_linker::<Ctx, HasSelf<Ctx>>(&mut linker, |ctx| ctx)?;
        let ctx = Ctx {
            wasi: WasiCtxBuilder::new().build(),
            table: ResourceTable::new(),
            config: "",
        };
        let mut store = Store::new(engine, ctx);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
        store.set_epoch_deadline(1);
        let exports = bindings::Workflow::instantiate_async(&mut store, &component, &linker).await?;
        Ok(Self { store, exports })
    }

    /// Calls the steps of the chain one after the other, `calls` in all; says how long that took.
    pub async fn call(&mut self, calls: usize) -> Result<Duration> {
        let names = STEPS.map(|(step, config)| (step.to_owned(), config));
        let began = Instant::now();
        for (step, config) in names.iter().cycle().take(calls) {
            self.store.data_mut().config = config;
            let steps = self.exports.hephaestus_workflow_steps();
            let outcome = steps.call_execute(&mut self.store, step).await;
            let outcome = outcome.map_err(|error| anyhow!("{error:#}"))?;
            match outcome
                .map_err(|error| anyhow!(error.message))
                .context(step.clone())?
            {
                Outcome::Completed(completion) if completion.result.is_some() => {}
                _ => bail!("step `{step}` ended without a result"),
            }
        }
        Ok(began.elapsed())
    }
}

/// What the chain doesn't call.
fn unused<T>() -> wasmtime::Result<T> {
    Err(wasmtime::Error::msg(
        "the chain calls what this measurement doesn't have",
    ))
}

/// The chain reads its configuration and nothing else.
impl context::Host for Ctx {
    fn initial(&mut self) -> wasmtime::Result<String> {
        unused()
    }

    fn result(&mut self, _: String) -> wasmtime::Result<Result<Option<String>, ReadError>> {
        unused()
    }

    fn config(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(Some(self.config.to_owned()))
    }

    fn instance(&mut self) -> wasmtime::Result<InstanceInfo> {
        unused()
    }

    fn step(&mut self) -> wasmtime::Result<String> {
        unused()
    }

    fn attempt(&mut self) -> wasmtime::Result<u32> {
        unused()
    }

    fn idempotency_key(&mut self) -> wasmtime::Result<String> {
        unused()
    }
}

impl log::Host for Ctx {
    fn log(&mut self, _: log::Level, _: String, _: Vec<(String, String)>) -> wasmtime::Result<()> {
        unused()
    }
}

impl checkpoint::Host for Ctx {
    fn load(&mut self) -> wasmtime::Result<Option<String>> {
        unused()
    }

    fn save(&mut self, _: String) -> wasmtime::Result<Result<(), SaveError>> {
        unused()
    }
}
