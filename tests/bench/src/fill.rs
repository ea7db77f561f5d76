//! Stores with many instances. Not one after the other by a host, which would take hours: one is made by the engine
//! itself, and the store gets copies of it, each under an id of its own, in its own batches.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{
    Change, Decision, EngineLimits, Input, InstanceState, NewInstance, Outcome, Receipt, Record, advance,
    begin, create, decide, unique_key,
};
use hephaestus_core::{BusinessValue, Digest, EventName, InstanceId, Json, StepRef, Timestamp, WorkflowName};
use hephaestus_host::deploy::digest;
use hephaestus_host::runner::StepExecutor;
use hephaestus_host::store::sqlite::{SqliteOptions, SqliteStore, Synchronous};
use hephaestus_host::store::{DeployedVersion, Store, Write, WriteAnswer};

use crate::world::{World, until};
use hephaestus_limits::guest::STEPS;

const WRITES_PER_BATCH: usize = 1_000;

/// When the instances were made: long ago, so that their ids come before those of any that a host makes.
const LONG_AGO: Timestamp = Timestamp(1_600_000_000_000);

/// An instance to copy.
struct Template {
    workflow: Arc<Workflow>,
    change: Change,
}

/// Makes a store with `count` finished chains.
pub(crate) async fn finished_chains(world: &World, name: &str, count: usize) -> Result<()> {
    let (digest, workflow) = load(world, &world.chain).await?;
    let mut made = Made::new(workflow, digest, Json::empty_object())?;
    for (step, number) in STEPS {
        let result = format!("{{\"number\":{number},\"note\":\"a link of the chain\"}}");
        let outcome = Outcome::Completed {
            event: EventName::new("finished")?,
            result: Some(Json::parse(&result)?),
            metadata: Default::default(),
        };
        made.attempt(step, outcome, LONG_AGO)?;
    }
    ensure!(
        made.state.status().is_terminal(),
        "the chain has other steps than this expects"
    );
    fill(&world.path(name), &world.chain, &made.template(), count).await
}

/// Makes a store with `count` instances that wait until `due`.
pub(crate) async fn waiting(world: &World, name: &str, count: usize, due: Timestamp) -> Result<()> {
    let (digest, workflow) = load(world, &world.pause).await?;
    let mut made = Made::new(workflow, digest, until(due))?;
    let outcome = Outcome::Wait {
        resume_after: Some(due.since(LONG_AGO)),
    };
    made.attempt("pause", outcome, LONG_AGO)?;
    fill(&world.path(name), &world.pause, &made.template(), count).await
}

async fn load(world: &World, component: &[u8]) -> Result<(Digest, Arc<Workflow>)> {
    let digest = digest(component);
    let loaded = world.executor().load(digest, component).await?;
    Ok((digest, loaded.workflow))
}

/// An instance in the making.
struct Made {
    state: InstanceState,
    change: Change,
}

impl Made {
    fn new(workflow: Arc<Workflow>, digest: Digest, initial: Json) -> Result<Self> {
        let new = NewInstance {
            instance: instance(0)?,
            digest,
            business_value: business_value(0)?,
            request_id: None,
            initial,
            deadline: None,
            metadata: Default::default(),
        };
        let created = create(&workflow, new, LONG_AGO);
        let (state, change) = begin(workflow, created, LONG_AGO)?;
        Ok(Self { state, change })
    }

    fn attempt(&mut self, step: &str, outcome: Outcome, at: Timestamp) -> Result<()> {
        let input = Input::Attempt {
            step: StepRef::new(step)?,
            attempt: 1,
            outcome,
            receipt: Some(Receipt {
                wall_us: 100,
                memory_bytes: 1 << 20,
                reused: true,
                ..Receipt::nothing(at)
            }),
            retry: None,
            routing: None,
        };
        let Decision::Records(records) = decide(&self.state, &input, &EngineLimits::default(), at)? else {
            bail!("`{step}` is routed");
        };
        let (state, change) = advance(self.state.clone(), records, at)?;
        self.state = state;
        self.change.entries.extend(change.entries);
        self.change.timers_set.extend(change.timers_set);
        self.change.summary = change.summary;
        Ok(())
    }

    fn template(self) -> Template {
        Template {
            workflow: Arc::clone(self.state.workflow()),
            change: self.change,
        }
    }
}

impl Template {
    /// The same under another id.
    fn copy(&self, number: u64) -> Result<Write> {
        let mut change = self.change.clone();
        let first = change.entries.first_mut().map(|entry| &mut entry.record);
        let Some(Record::Created(created)) = first else {
            bail!("a journal doesn't begin with `created`");
        };
        created.instance = instance(number)?;
        created.business_id.value = business_value(number)?;
        let summary = &mut change.summary;
        summary.instance = created.instance;
        summary.business_id = created.business_id.clone();
        if summary.unique_key.is_some() {
            let definition = self.workflow.definition();
            let uniqueness = definition.business_key.uniqueness;
            summary.unique_key = unique_key(
                uniqueness,
                &definition.name,
                definition.version,
                &summary.business_id,
            );
        }
        Ok(Write::Create {
            change,
            request_id: None,
        })
    }

    fn deployed(&self) -> Result<DeployedVersion> {
        let summary = &self.change.summary;
        Ok(DeployedVersion {
            workflow: WorkflowName::new(summary.workflow.as_str())?,
            version: summary.workflow_version,
            digest: summary.digest,
            deployed_at: LONG_AGO,
        })
    }
}

/// Without syncs: whoever loses power meanwhile measures again.
async fn fill(path: &Path, component: &[u8], template: &Template, count: usize) -> Result<()> {
    let mut options = SqliteOptions::default();
    options.synchronous = Synchronous::Off;
    let store = SqliteStore::open_with(path, options).await?;
    store.deploy(template.deployed()?, component.to_vec()).await?;
    let mut made = 0;
    while made < count {
        let some = (count - made).min(WRITES_PER_BATCH);
        let numbers = made..made + some;
        let writes: Result<Vec<Write>> = numbers.map(|number| template.copy(number as u64)).collect();
        let answers = store.write(writes?).await?;
        let refused = answers.iter().find(|answer| **answer != WriteAnswer::Committed);
        ensure!(refused.is_none(), "the store answers {refused:?}");
        made += some;
    }
    store.close().await?;
    Ok(())
}

/// A UUID of version 7 that counts.
fn instance(number: u64) -> Result<InstanceId> {
    let millis = LONG_AGO.0;
    let (high, low) = (millis >> 16, millis & 0xffff);
    let text = format!("{high:08x}-{low:04x}-7000-8000-{number:012x}");
    text.parse().context("an id of our own")
}

fn business_value(number: u64) -> Result<BusinessValue> {
    Ok(BusinessValue::new(&format!("n{number:035}"))?)
}
