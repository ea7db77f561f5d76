//! `hephaestus retry`: lets a failed instance try again, and follows it.

use hephaestus_host::Host;
use hephaestus_host::core::engine::{InstanceState, InstanceStatus};
use hephaestus_host::runner::{InstanceError, InstanceRef};

use super::Finished;
use super::operate::{Order, give_and_follow, not_now};
use crate::error::CommandError;
use crate::report::id_for_run;
use crate::resolved::{RetryOptions, Target};
use crate::session::Surroundings;
use crate::usage::UsageError;

/// Does it.
pub(crate) async fn retry(options: &RetryOptions, around: &Surroundings) -> Result<Finished, CommandError> {
    give_and_follow(&Retry, &options.target, &options.following, around).await
}

struct Retry;

impl Order for Retry {
    const VERB: [&'static str; 2] = ["retry", "retries"];

    async fn give(&self, host: &Host, state: &InstanceState, target: &Target) -> Result<(), CommandError> {
        let fix = match state.status() {
            InstanceStatus::Failed => None,
            InstanceStatus::Completed | InstanceStatus::Cancelled => {
                Some("it has ended; start a new one with `run`".to_owned())
            }
            InstanceStatus::Pending | InstanceStatus::Running | InstanceStatus::Waiting => Some(format!(
                "it is active; `{}` goes on with it",
                target.invocation.with_id(&id_for_run(state))
            )),
        };
        if let Some(fix) = fix {
            return Err(not_now(state, "an instance that failed", fix));
        }
        match host.retry(&InstanceRef::Id(state.created().instance)).await {
            Err(InstanceError::AlreadyRunning {
                business_id,
                instance,
            }) => Err(taken(&business_id.to_string(), &instance.to_string(), target)),
            answer => Ok(answer?),
        }
    }
}

/// Somebody else has the name by now.
fn taken(business_id: &str, holder: &str, target: &Target) -> CommandError {
    let cancel = target.invocation.command(&["cancel", holder]);
    UsageError::new(
        "INSTANCE",
        format!("that instance {holder} is called `{business_id}` by now"),
        "the name to be free: two active instances can't share it",
        format!("let that one end first, or stop it: `{cancel}`"),
    )
    .into()
}
