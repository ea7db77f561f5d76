//! Steps that are ready to be used: in a [`workflow!`](crate::workflow) give them a name, and their configuration.
//!
//! ```
//! use std::time::Duration;
//!
//! use hephaestus_guest::steps::{Debug, Wait};
//! use hephaestus_guest::{Finished, step, workflow};
//!
//! workflow! {
//!     /// Reminds of something, later.
//!     pub reminder v1 {
//!         look = Debug(String::from("before the pause")) => pause,
//!         pause = Wait(Duration::from_secs(600)) => { Timeout => remind },
//!         remind => done,
//!     }
//! }
//!
//! #[step]
//! fn remind() -> Finished {
//!     Finished
//! }
//! ```

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Context, Event, Finished, Outcome, Step, StepResult, events};

/// Waits for the time that its configuration says, and ends with `timeout`. The timer is durable.
pub enum Wait {}

/// The event of [`Wait`].
#[events(accepts)]
pub enum Waited {
    /// The time is over.
    Timeout,
}

impl Step for Wait {
    const NAME: &'static str = "wait";
    type Event = Waited;
    type Output = ();
    type Config = Duration;
    type Reads = ();

    fn run(ctx: &Context) -> StepResult<Waited> {
        Ok(Outcome::wait_at_most(ctx.config()?))
    }
}

/// Waits for one of the events `E`, which it accepts; its configuration is the longest time, then `E` has to accept
/// `timeout`. Its result is what came along with the event, of type `P`.
pub struct WaitForEvent<E, P = serde_json::Value>(PhantomData<fn(E, P)>);

impl<E: Event, P: Serialize + DeserializeOwned + 'static> Step for WaitForEvent<E, P> {
    const NAME: &'static str = "wait-for-event";
    type Event = E;
    type Output = P;
    type Config = Option<Duration>;
    type Reads = ();

    fn run(ctx: &Context) -> StepResult<E, P> {
        Ok(match ctx.config()? {
            Some(limit) => Outcome::wait_at_most(limit),
            None => Outcome::wait(),
        })
    }
}

/// Logs the text that its configuration says, and the input of the instance.
pub enum Debug {}

impl Step for Debug {
    const NAME: &'static str = "debug";
    type Event = Finished;
    type Output = ();
    type Config = String;
    type Reads = ();

    fn run(ctx: &Context) -> StepResult<Finished> {
        let text: String = ctx.config()?;
        let input: serde_json::Value = ctx.initial()?;
        let instance = ctx.instance();
        ctx.debug(&text, &[("instance", &instance.business_id), ("input", &input)]);
        Ok(Finished.into())
    }
}
