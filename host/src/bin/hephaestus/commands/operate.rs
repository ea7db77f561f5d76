//! An order to one instance, and what comes of it: the command is the store's host for as long as that takes.

use hephaestus_host::Host;
use hephaestus_host::core::InstanceId;
use hephaestus_host::core::engine::InstanceState;
use hephaestus_host::runner::InstanceRef;

use super::find::find;
use super::follow::{Attached, Finished, Follower, GRACE};
use super::open::{self, Hosted};
use crate::error::CommandError;
use crate::resolved::{Following, Target};
use crate::session::Surroundings;
use crate::usage::UsageError;

/// What an operator orders.
pub(super) trait Order {
    /// The word for it: `cancel`, and as a sentence says it: `cancels`.
    const VERB: [&'static str; 2];

    /// Gives it to an instance.
    async fn give(&self, host: &Host, state: &InstanceState, target: &Target) -> Result<(), CommandError>;
}

/// Gives the order, and follows the instance. The host is shut down in good order, however it comes out.
pub(super) async fn give_and_follow<O: Order>(
    order: &O,
    target: &Target,
    following: &Following,
    around: &Surroundings,
) -> Result<Finished, CommandError> {
    let hosted = open::to_host(&target.store, &following.manifest, around, O::VERB[0]).await?;
    let host = hosted.host.clone();
    let finished = match around.unless_interrupted(find(&*hosted.store, target)).await {
        Ok(instance) => {
            let finished = follow(hosted, instance, (order, target), following, around).await;
            finished.map_err(|error| error.with_instance(instance))
        }
        Err(error) => Err(error),
    };
    host.shutdown(GRACE).await;
    finished
}

async fn follow<O: Order>(
    hosted: Hosted,
    instance: InstanceId,
    (order, target): (&O, &Target),
    following: &Following,
    around: &Surroundings,
) -> Result<Finished, CommandError> {
    let host = hosted.host;
    let state = around.unless_interrupted(async { Ok(host.get(&InstanceRef::Id(instance)).await?) });
    let state = state.await?;
    order.give(&host, &state, target).await?;
    let name = &state.created().business_id;
    let line = format!("{} {name} (instance {instance}, {})", O::VERB[1], state.status());
    around.screen.line(&line);
    let attached = Attached {
        instance,
        old_entries: state.version(),
    };
    let mut follower = Follower::new(&host, &attached, around, hosted.listener).await?;
    let ending = follower.follow(following.wait).await?;
    Ok(follower.finish(ending, Vec::new(), target.store.choice()))
}

/// An instance that isn't in a state in which the order makes sense.
pub(super) fn not_now(state: &InstanceState, expected: &str, fix: String) -> CommandError {
    let found = format!("`{}`, which is {}", state.created().business_id, state.status());
    UsageError::new("INSTANCE", found, expected, fix).into()
}
