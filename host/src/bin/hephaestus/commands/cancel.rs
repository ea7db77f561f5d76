//! `hephaestus cancel`: stops an instance, and follows its clean-up.

use hephaestus_host::Host;
use hephaestus_host::core::engine::InstanceState;
use hephaestus_host::runner::InstanceRef;

use super::Finished;
use super::operate::{Order, give_and_follow, not_now};
use crate::error::CommandError;
use crate::resolved::{CancelOptions, Target};
use crate::session::Surroundings;

/// Does it.
pub(crate) async fn cancel(options: &CancelOptions, around: &Surroundings) -> Result<Finished, CommandError> {
    let order = Cancel {
        reason: options.reason.clone(),
    };
    give_and_follow(&order, &options.target, &options.following, around).await
}

struct Cancel {
    reason: Option<String>,
}

impl Order for Cancel {
    const VERB: [&'static str; 2] = ["cancel", "cancels"];

    async fn give(&self, host: &Host, state: &InstanceState, target: &Target) -> Result<(), CommandError> {
        let id = state.created().instance;
        if state.status().is_terminal() {
            let delete = target.invocation.command(&["delete", &target.name.text]);
            let fix = format!("there is nothing left to cancel; `{delete}` removes it");
            return Err(not_now(state, "an instance that is active", fix));
        }
        Ok(host.cancel(&InstanceRef::Id(id), self.reason.clone()).await?)
    }
}
