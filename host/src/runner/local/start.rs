//! Creating instances.

use std::sync::Arc;

use hephaestus_core::engine::{InstanceState, NewInstance, begin, create};
use hephaestus_core::{InstanceId, Json, RequestId, WorkflowName, WorkflowVersion};

use super::code::CodeError;
use super::mailbox::{Verb, ask};
use super::supervisor::Reservation;
use super::watch::Watch;
use super::{Phase, Shared};
use crate::runner::{LoadedWorkflow, StartError, StartOptions};
use crate::store::{DeployedVersion, StoreError, Write, WriteAnswer};

/// Creates an instance durably, and starts its task.
pub(super) async fn start(
    shared: &Arc<Shared>,
    workflow: &WorkflowName,
    initial: Json,
    options: StartOptions,
) -> Result<InstanceId, StartError> {
    let (new, write) = prepare(shared, workflow, initial, options).await?;
    create_detached(shared, new, write).await
}

/// The same, and follows the instance from before its task starts.
pub(super) async fn start_and_watch(
    shared: &Arc<Shared>,
    workflow: &WorkflowName,
    initial: Json,
    options: StartOptions,
) -> Result<Watch, StartError> {
    let (new, write) = prepare(shared, workflow, initial, options).await?;
    let watch = Watch::of_new(shared, new.instance, &write.change().entries);
    let instance = create_detached(shared, new, write).await?;
    if instance == watch.instance() {
        return Ok(watch);
    }
    // A repeated request: the instance is older than this watch.
    let older = Watch::new(shared, instance, 0).await?;
    older.ok_or_else(|| deleted_in_this_moment(instance))
}

/// A request id names an instance, which is of the workflow that is asked for now, or the id is used twice.
async fn repeated(
    shared: &Shared,
    instance: InstanceId,
    request_id: Option<RequestId>,
    wanted: WorkflowName,
) -> Result<InstanceId, StartError> {
    let summary = shared.store.summary(instance).await?;
    let workflow = summary.ok_or_else(|| deleted_in_this_moment(instance))?.workflow;
    match request_id {
        Some(request_id) if workflow != wanted => Err(StartError::OtherRequest {
            request_id,
            instance,
            workflow,
        }),
        _ => Ok(instance),
    }
}

fn deleted_in_this_moment(instance: InstanceId) -> StartError {
    StartError::Store(StoreError::Unavailable {
        reason: format!("the request id named instance {instance}, which was deleted in this moment"),
    })
}

/// Everything that can be refused before anything is written.
async fn prepare(
    shared: &Arc<Shared>,
    workflow: &WorkflowName,
    initial: Json,
    options: StartOptions,
) -> Result<(New, Write), StartError> {
    if shared.phase.now() != Phase::Open {
        return Err(StartError::ShuttingDown);
    }
    check_input(&initial, shared.limits.max_input_bytes)?;
    let deployed = deployed(shared, workflow, options.version).await?;
    let digest = deployed.digest;
    let code = shared
        .code
        .get(shared, digest)
        .await
        .map_err(|error| match error {
            CodeError::Load(error) => StartError::Load(error),
            CodeError::Store(error) => StartError::Store(error),
            CodeError::NotStored(_) => component_removed(deployed.clone()),
        })?;
    let now = shared.clock.now();
    let instance = shared.ids.instance(now);
    let new = NewInstance {
        instance,
        digest,
        business_value: options
            .business_value
            .unwrap_or_else(|| shared.ids.business_value(now)),
        request_id: options.request_id.clone(),
        initial,
        deadline: options.deadline,
        metadata: options.metadata,
    };
    let created = create(&code.workflow, new, now);
    let (state, change) =
        begin(Arc::clone(&code.workflow), created, now).map_err(|error| StoreError::Malformed {
            reason: error.to_string(),
        })?;
    let write = Write::Create {
        change,
        request_id: options.request_id,
    };
    let reservation = Reservation::new(shared, instance).map_err(|_| StartError::ShuttingDown)?;
    let new = New {
        instance,
        state,
        code,
        version: deployed,
        reservation,
    };
    Ok((new, write))
}

/// In a task of its own: if the caller goes away, what became durable is executed all the same.
async fn create_detached(shared: &Arc<Shared>, new: New, write: Write) -> Result<InstanceId, StartError> {
    let created = tokio::spawn(commit(Arc::clone(shared), new, write)).await;
    created.unwrap_or_else(|error| {
        Err(StartError::Store(StoreError::Unknown {
            reason: format!("the task that creates the instance was ended: {error}"),
        }))
    })
}

/// An instance that is about to be created.
struct New {
    instance: InstanceId,
    state: InstanceState,
    code: LoadedWorkflow,
    version: DeployedVersion,
    reservation: Reservation,
}

async fn commit(shared: Arc<Shared>, new: New, write: Write) -> Result<InstanceId, StartError> {
    let instance = new.instance;
    match shared.write(write).await {
        Ok(WriteAnswer::Committed) => {
            new.reservation.start(new.state, new.code);
            Ok(instance)
        }
        Ok(WriteAnswer::AlreadyActive { holder }) => Err(StartError::AlreadyRunning {
            business_id: holder.business_id.clone(),
            instance: holder.instance,
            status: holder.status,
        }),
        Ok(WriteAnswer::RepeatedRequest { instance }) => {
            let (request_id, version) = (new.state.created().request_id.clone(), new.version);
            drop(new.reservation);
            repeated(&shared, instance, request_id, version.workflow).await
        }
        // Between the look at it and the commit.
        Ok(WriteAnswer::ComponentRemoved) => Err(component_removed(new.version)),
        Ok(WriteAnswer::Failed { error }) => Err(error.into()),
        Ok(WriteAnswer::Conflict { .. }) => Err(StartError::Store(StoreError::Damaged {
            reason: format!("it holds an instance with the fresh id {instance}"),
        })),
        Err(error @ StoreError::Unknown { .. }) => {
            drop(new);
            look_after_unknown(&shared, instance, error).await
        }
        Err(error) => Err(error.into()),
    }
}

fn check_input(initial: &Json, max_bytes: usize) -> Result<(), StartError> {
    let refused = |reason: String| Err(StartError::InvalidInput { reason });
    let bytes = initial.as_str().len();
    if bytes > max_bytes {
        return refused(format!("it has {bytes} bytes, {max_bytes} are allowed"));
    }
    if !initial.is_object() {
        let begin: String = initial.as_str().chars().take(40).collect();
        return refused(format!("expected a JSON object, found `{begin}`"));
    }
    Ok(())
}

/// The code of a version of the workflow, or of its current one: the highest.
async fn deployed(
    shared: &Shared,
    workflow: &WorkflowName,
    version: Option<WorkflowVersion>,
) -> Result<DeployedVersion, StartError> {
    let mut versions = shared.store.versions(Some(workflow)).await?.into_iter();
    let found = versions.find(|deployed| version.is_none_or(|version| deployed.version == version));
    found.ok_or_else(|| StartError::UnknownWorkflow {
        workflow: workflow.clone(),
        version,
    })
}

fn component_removed(version: DeployedVersion) -> StartError {
    let DeployedVersion {
        workflow, version, ..
    } = version;
    StartError::ComponentRemoved { workflow, version }
}

/// The store can't tell whether the instance was created: see whether it is there.
async fn look_after_unknown(
    shared: &Arc<Shared>,
    instance: InstanceId,
    error: StoreError,
) -> Result<InstanceId, StartError> {
    match shared.store.summary(instance).await {
        Ok(Some(_)) => {
            activate_patiently(shared, instance);
            Ok(instance)
        }
        Ok(None) => Err(StartError::Store(error.lost("the new instance"))),
        Err(_) => {
            // If it was created, it is executed as if its starter had got to know.
            activate_patiently(shared, instance);
            Err(error.into())
        }
    }
}

fn activate_patiently(shared: &Arc<Shared>, instance: InstanceId) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move { super::recovery::activate(&shared, instance).await });
}

/// Makes the instance resident: what was running in its last host runs again.
pub(super) async fn activate(
    shared: &Arc<Shared>,
    instance: InstanceId,
) -> Result<(), crate::runner::InstanceError> {
    ask(shared, instance, Verb::Activate).await.map(drop)
}
