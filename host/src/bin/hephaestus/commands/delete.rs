//! `hephaestus delete`: removes an instance that has ended.

use hephaestus_host::core::InstanceId;
use hephaestus_host::core::engine::InstanceStatus;
use hephaestus_host::deploy::Manifest;
use hephaestus_host::runner::InstanceRef;
use hephaestus_host::store::Store;
use hephaestus_host::{DeleteError, Host};

use super::find::find;
use super::follow::GRACE;
use super::open;
use crate::error::CommandError;
use crate::report::delete::DeleteReport;
use crate::resolved::{DeleteOptions, Target};
use crate::session::Surroundings;
use crate::usage::UsageError;

/// Does it.
pub(crate) async fn delete(
    options: &DeleteOptions,
    around: &Surroundings,
) -> Result<DeleteReport, CommandError> {
    let target = &options.target;
    let hosted = open::to_host(&target.store, &Manifest::default(), around, "delete").await?;
    let deleted = match around.unless_interrupted(find(&*hosted.store, target)).await {
        Ok(instance) => {
            let deleted = delete_one(&hosted.host, &*hosted.store, instance, target).await;
            deleted.map_err(|error| error.with_instance(instance))
        }
        Err(error) => Err(error),
    };
    hosted.host.shutdown(GRACE).await;
    deleted
}

async fn delete_one(
    host: &Host,
    store: &dyn Store,
    instance: InstanceId,
    target: &Target,
) -> Result<DeleteReport, CommandError> {
    // One whose summary is damaged can be deleted, too.
    let summary = store.summary(instance).await.ok().flatten();
    match host.delete(&InstanceRef::Id(instance)).await {
        Ok(()) => Ok(DeleteReport {
            instance,
            summary,
            store: target.store.choice(),
        }),
        Err(DeleteError::StillActive { status, .. }) => {
            let name = summary.map_or_else(|| instance.to_string(), |it| it.business_id.to_string());
            Err(is_active(&name, status, target))
        }
        Err(DeleteError::Instance(error)) => Err(error.into()),
        Err(other) => Err(CommandError::host(other)),
    }
}

fn is_active(name: &str, status: InstanceStatus, target: &Target) -> CommandError {
    let cancel = target.invocation.command(&["cancel", &target.name.text]);
    UsageError::new(
        "INSTANCE",
        format!("`{name}`, which is {status}"),
        "an instance that has ended",
        format!("cancel it first: `{cancel}`"),
    )
    .into()
}
