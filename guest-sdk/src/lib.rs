//! Write [Hephaestus] workflows in Rust, and compile them to WebAssembly components.
//!
//! A workflow is a directed acyclic graph of steps. Steps are functions: what they read are their parameters, how they
//! end is an enum of events. The graph is a table that reads like the process. This is a whole component, with a branch,
//! a wait with a limit, and compensation:
//!
//! ```
//! use std::time::Duration;
//!
//! use hephaestus_guest::{
//!     Context, Finished, Initial, Outcome, ResultOf, StepError, StepResult, events, step, workflow,
//! };
//! use serde::Deserialize;
//!
//! workflow! {
//!     /// Books a seat, lets the traveller confirm it, and gives it back if nobody does.
//!     #[business_key("tripid")]
//!     pub trip v1 {
//!         book => { Booked => confirm, SoldOut => done }
//!         confirm => { Confirmed => done, Timeout => give_back }
//!         give_back => done,
//!     }
//! }
//!
//! #[derive(Deserialize)]
//! struct Trip {
//!     train: u32,
//! }
//!
//! #[events]
//! enum Seat { Booked, SoldOut }
//!
//! #[step(retry(exponential = "1s", attempts = 5))]
//! fn book(Initial(trip): Initial<Trip>) -> StepResult<Seat, u32> {
//!     match trip.train {
//!         0 => Err(StepError::retryable("the railway doesn't answer")),
//!         1..100 => Ok(Seat::Booked.with(42)),
//!         _ => Ok(Seat::SoldOut.into()),
//!     }
//! }
//!
//! #[events(accepts)]
//! enum Answer { Confirmed, Timeout }
//!
//! #[step]
//! fn confirm() -> Outcome<Answer, ()> {
//!     Outcome::wait_at_most(Duration::from_secs(3600))
//! }
//!
//! #[step]
//! fn give_back(ResultOf(seat): ResultOf<book>, ctx: &Context) -> Finished {
//!     ctx.info("gave the seat back", &[("seat", &seat)]);
//!     Finished
//! }
//!
//! // Tests are native, and take milliseconds: of a step, and of a path through the workflow.
//! use hephaestus_guest::testing::TestContext;
//!
//! # fn main() {
//! let ctx = TestContext::new().initial(serde_json::json!({ "train": 12 }));
//! assert_eq!(ctx.run::<book>(), Ok(Seat::Booked.with(42)));
//! # }
//! ```
//!
//! Its `Cargo.toml` says `crate-type = ["cdylib", "rlib"]`: the first for the component, the second for tests. There is
//! nothing else: [`workflow!`] writes the exports.
//!
//! # What the compiler finds
//!
//! - an event that leads nowhere: the table is a `match` over the step's enum;
//! - everything that the host refuses when the component is deployed: cycles, steps that nothing leads to, joins that
//!   can't become true, and so on, each at the step it concerns;
//! - runs that get stuck: combinations of events are explored (all, unless the graph is very wide), and the story of one that doesn't reach `done` told;
//! - a step that reads the result of one that doesn't lie before it, or that hasn't always completed when it runs.
//!
//! # How steps end
//!
//! With an event and a result, a wait, or a [`StepError`] that says whether another attempt may help. A step that panics
//! traps: its attempt fails with kind `trap`, and is repeated. A refusal that belongs to the business is an event.
//!
//! # What libraries log
//!
//! [`Context::log`] and its kin write log lines of the attempt. So do libraries that know nothing of it: with the feature
//! `log` every record of the crate `log`, and with the feature `tracing` every event of the crate `tracing` with the
//! fields of the spans around it. Their target is a field, `target`. The exports install what is needed; a logger or
//! subscriber that the code installs itself has precedence. In native builds the features do nothing.
//!
//! All levels pass, and an attempt can write a bounded number of lines. What is too much is best left out at compile time,
//! by the features `release_max_level_…` of either crate.
//!
//! [Hephaestus]: https://github.com/hephaestus-workflows/hephaestus

// The macros name this crate by its name, in its own tests too.
extern crate self as hephaestus_guest;

#[doc(hidden)]
pub mod bindings;
#[cfg(all(target_family = "wasm", any(feature = "log", feature = "tracing")))]
mod bridge;
mod context;
mod describe;
mod error;
mod event;
mod export;
mod extract;
pub mod http;
mod outcome;
mod proof;
pub mod reads;
mod request;
mod secret;
mod step;
pub mod steps;
mod workflow;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use context::{Context, Fields, Instance, Level};
pub use error::{OrFail, StepError};
pub use event::{Event, Finished, Origin};
pub use extract::{Config, FromContext, IdempotencyKey, Initial, ResultOf};
pub use hephaestus_guest_macros::{events, step, workflow};
pub use outcome::Outcome;
pub use request::Request;
pub use secret::{Denied, Secret, SecretError};
pub use step::{IntoStepResult, Step, StepResult};
#[cfg(not(target_family = "wasm"))]
pub use workflow::Unsound;
pub use workflow::{
    Backoff, Join, JoinRule, Retry, StepOptions, StepSpec, Targets, Uniqueness, Workflow, all, any, done,
    settled, to,
};

/// For the macros of this crate only.
#[doc(hidden)]
pub mod __private {
    pub use crate::export::{Exported, Exports};
    pub use crate::proof::{Table, is_same, needs_no_config, reads_what_it_can};
}
