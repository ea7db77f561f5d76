//! Which instance is meant: the active one of that id, or a new one.

use hephaestus_host::Host;
use hephaestus_host::core::definition::{Uniqueness, Workflow};
use hephaestus_host::core::engine::{InstanceState, InstanceStatus, Summary};
use hephaestus_host::core::{BusinessId, BusinessValue, InstanceId, Json};
use hephaestus_host::runner::{InstanceError, InstanceRef, LoadedWorkflow, Runner, StartOptions};
use hephaestus_host::store::{Page, Query, StoreError};

use super::{Attached, events};
use crate::error::CommandError;
use crate::resolved::RunOptions;
use crate::session::Surroundings;
use crate::usage::UsageError;

/// So many instances of one name are listed when it is ambiguous.
const MAX_NAMED: usize = 10;

/// Finds the active instance that `--id` names, or starts a new one.
pub(super) async fn start_or_attach(
    host: &Host,
    options: &RunOptions,
    loaded: &LoadedWorkflow,
    around: &Surroundings,
) -> Result<Attached, CommandError> {
    let found = match &options.id {
        Some(value) => find_active(host, value, &loaded.workflow).await?,
        None => None,
    };
    let Some(instance) = found else {
        if let Some(error) = event_for_nobody(options, &loaded.workflow) {
            return Err(error.into());
        }
        events::check(&options.events, &loaded.workflow)?;
        host.deploy(&options.component).await?;
        return start(host, options, &loaded.workflow).await;
    };
    let state = host.get(&InstanceRef::Id(instance)).await?;
    // Its own code decides what can be sent to it.
    events::check(&options.events, state.workflow())?;
    host.deploy(&options.component).await?;
    for line in attach_lines(&state, loaded, options.input.is_some()) {
        around.screen.line(&line);
    }
    host.activate(&InstanceRef::Id(instance)).await?;
    Ok(Attached {
        instance,
        old_entries: state.version(),
    })
}

/// An event for an id that nobody has, and no input: meant for an instance that has ended, or a slip of the keyboard. To
/// start one with an empty input would do its work twice, or for nobody.
pub(super) fn event_for_nobody(options: &RunOptions, workflow: &Workflow) -> Option<UsageError> {
    let value = options.id.as_ref()?;
    let is_meant_for_another = options.input.is_none() && !options.events.is_empty();
    let key = &workflow.definition().business_key.name;
    is_meant_for_another.then(|| {
        UsageError::new(
            "--id",
            format!("`{value}`, and no instance `{key}::{value}` is active"),
            "the instance that the event is for",
            "say the id of one that is; or give the input of a new one with --input",
        )
    })
}

async fn start(host: &Host, options: &RunOptions, workflow: &Workflow) -> Result<Attached, CommandError> {
    let definition = workflow.definition();
    let input = options.input.clone().unwrap_or_else(Json::empty_object);
    let start = StartOptions {
        business_value: options.id.clone(),
        version: Some(definition.version),
        ..StartOptions::default()
    };
    let instance = host.start_instance(&definition.name, input, start).await?;
    Ok(Attached {
        instance,
        old_entries: 0,
    })
}

/// The active instance that `value` names: by its business id, or by its own id.
async fn find_active(
    host: &Host,
    value: &BusinessValue,
    workflow: &Workflow,
) -> Result<Option<InstanceId>, CommandError> {
    let mut found = by_business_id(host, value, workflow).await?;
    if found.len() > 1 {
        let ids: Vec<_> = found.iter().map(|summary| summary.instance.to_string()).collect();
        return Err(UsageError::new(
            "--id",
            format!(
                "`{value}`, which names several active instances: {}",
                ids.join(", ")
            ),
            "a value that names one",
            "say the id of the instance that you mean",
        )
        .into());
    }
    match found.pop() {
        Some(summary) => Ok(Some(summary.instance)),
        None => by_instance_id(host, value, workflow).await,
    }
}

async fn by_business_id(
    host: &Host,
    value: &BusinessValue,
    workflow: &Workflow,
) -> Result<Vec<Summary>, CommandError> {
    let definition = workflow.definition();
    let query = Query {
        workflow: Some(definition.name.clone()),
        business_id: Some(BusinessId {
            key: definition.business_key.name.clone(),
            value: value.clone(),
        }),
        statuses: vec![
            InstanceStatus::Pending,
            InstanceStatus::Running,
            InstanceStatus::Waiting,
        ],
        before: None,
        limit: MAX_NAMED,
    };
    let Page {
        mut summaries,
        damaged,
    } = host.list(query).await?;
    if let Some(damaged) = damaged.into_iter().next() {
        // It may be the one that is meant: nothing is started beside it.
        let reason = damaged.reason;
        return Err(StoreError::Damaged { reason }.into());
    }
    // Where names are unique within a version only, the same name in another version is somebody else's.
    if definition.business_key.uniqueness == Uniqueness::Version {
        summaries.retain(|summary| summary.workflow_version == definition.version);
    }
    Ok(summaries)
}

async fn by_instance_id(
    host: &Host,
    value: &BusinessValue,
    workflow: &Workflow,
) -> Result<Option<InstanceId>, CommandError> {
    let Ok(instance) = value.as_str().parse::<InstanceId>() else {
        return Ok(None);
    };
    match host.get(&InstanceRef::Id(instance)).await {
        Ok(state) if state.created().workflow == workflow.definition().name => match state.status() {
            ended if ended.is_terminal() => Err(UsageError::new(
                "--id",
                format!("instance {instance}, which is {ended}"),
                "an instance that is active, or a value for a new one",
                "leave --id out to start a new one",
            )
            .into()),
            _ => Ok(Some(instance)),
        },
        Ok(state) => Err(UsageError::new(
            "--id",
            format!("an instance of workflow `{}`", state.created().workflow),
            format!("an instance of `{}`", workflow.definition().name),
            "name the component of that workflow",
        )
        .into()),
        Err(InstanceError::UnknownInstance(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn attach_lines(state: &InstanceState, loaded: &LoadedWorkflow, input_given: bool) -> Vec<String> {
    let created = state.created();
    let mut lines = vec![format!(
        "goes on with {} (instance {}, {})",
        created.business_id,
        created.instance,
        state.status()
    )];
    if input_given {
        lines.push("--input is not used: the instance has its own".to_owned());
    }
    if created.digest != loaded.digest {
        lines.push(format!(
            "it goes on with the code that it started with, version {} ({}), not with version {} ({})",
            created.version,
            created.digest.short(),
            loaded.workflow.definition().version,
            loaded.digest.short()
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::expect;
    use hephaestus_host::core::Digest;
    use hephaestus_host::core::definition::{WorkflowBuilder, step};

    use super::*;
    use crate::output::fixtures::{Journal, created};

    fn order_flow(version: u32) -> Arc<Workflow> {
        let workflow = WorkflowBuilder::new("order-flow", version)
            .business_key("orderid", Uniqueness::Workflow)
            .step(step("validate").emits("valid", ["done"]))
            .build();
        Arc::new(workflow.expect("a sound graph"))
    }

    fn lines(digest: Digest, version: u32, input_given: bool) -> String {
        let history = Journal::default().at(0, created()).entries();
        let state = InstanceState::fold(order_flow(1), &history).expect("a journal");
        let loaded = LoadedWorkflow {
            digest,
            workflow: order_flow(version),
        };
        attach_lines(&state, &loaded, input_given).join("\n")
    }

    #[test]
    fn an_instance_with_the_same_code_just_goes_on() {
        expect!["goes on with orderid::a1 (instance 01975c8e-0000-7000-8000-000000000001, pending)"]
            .assert_eq(&lines(Digest([0xab; 32]), 1, false));
    }

    #[test]
    fn what_is_not_used_is_said() {
        expect![[r#"
            goes on with orderid::a1 (instance 01975c8e-0000-7000-8000-000000000001, pending)
            --input is not used: the instance has its own
            it goes on with the code that it started with, version 1 (abababababab), not with version 2 (cdcdcdcdcdcd)"#]].assert_eq(&lines(Digest([0xcd; 32]), 2, true));
    }
}
