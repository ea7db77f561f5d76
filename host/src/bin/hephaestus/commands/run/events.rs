//! The events of `--event`: checked against the workflow first, sent when the instance is there.

use hephaestus_host::Host;
use hephaestus_host::core::InstanceId;
use hephaestus_host::core::definition::Workflow;
use hephaestus_host::runner::{self, InstanceError, InstanceRef, Runner};

use super::Follower;
use crate::error::CommandError;
use crate::resolved::EventToSend;
use crate::usage::UsageError;

/// Refuses events that no step of the workflow accepts.
pub(super) fn check(events: &[EventToSend], workflow: &Workflow) -> Result<(), UsageError> {
    events.iter().try_for_each(|event| check_one(event, workflow))
}

fn check_one(event: &EventToSend, workflow: &Workflow) -> Result<(), UsageError> {
    let name = &workflow.definition().name;
    let is_accepted = match &event.step {
        Some(step) => workflow
            .find(step)
            .is_some_and(|step| step.accepts.contains(&event.name)),
        None => workflow.accepts(&event.name),
    };
    if is_accepted {
        return Ok(());
    }
    let accepted: Vec<String> = workflow
        .steps()
        .iter()
        .flat_map(|step| {
            step.accepts
                .iter()
                .map(move |event| format!("{}.{event}", step.name))
        })
        .collect();
    let (expected, fix) = if accepted.is_empty() {
        (
            "no --event: none of its steps accepts one".to_owned(),
            "leave --event out".to_owned(),
        )
    } else {
        (
            format!("one of {}", accepted.join(", ")),
            "send one of these".to_owned(),
        )
    };
    let found = match &event.step {
        Some(step) => format!(
            "`{}` for `{step}`, which no such step of `{name}` accepts",
            event.name
        ),
        None => format!("`{}`, which no step of `{name}` accepts", event.name),
    };
    Err(UsageError::new("--event", found, expected, fix))
}

/// Sends them in order. One that the instance doesn't take any more is a notice.
pub(super) async fn send_all(
    host: &Host,
    instance: InstanceId,
    events: &[EventToSend],
    follower: &Follower,
) -> Result<Vec<String>, CommandError> {
    let mut notices = Vec::new();
    for event in events {
        let mut sent = runner::event(event.name.clone(), event.payload.clone());
        sent.step = event.step.clone();
        match host.resume(&InstanceRef::Id(instance), sent).await {
            Ok(()) => {}
            Err(InstanceError::Refused(refusal)) => {
                let notice = format!("event {event} was not taken: {refusal}");
                follower.note(&notice);
                notices.push(notice);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(notices)
}
