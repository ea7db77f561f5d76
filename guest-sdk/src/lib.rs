//! Write [Hephaestus] workflows in Rust, and compile them to WebAssembly components.
//!
//! A workflow is a directed acyclic graph of steps. Steps are plain Rust: they read what they need from a [`Context`],
//! and end with an event. Events are enums, so that the compiler finds the event that leads nowhere. This is a whole
//! component, with a branch, a wait with a limit, and compensation:
//!
//! ```
//! use std::time::Duration;
//!
//! use hephaestus_guest::{
//!     Context, Finished, Outcome, Retry, Step, StepError, StepResult, Workflow, done, events, to,
//! };
//! use serde::{Deserialize, Serialize};
//!
//! hephaestus_guest::export!(trip);
//!
//! /// Books a seat, lets the traveller confirm it, and gives it back if nobody does.
//! pub fn trip() -> Workflow {
//!     Workflow::new("trip", 1)
//!         .business_key("tripid")
//!         .step(Book.then(|event| match event {
//!             Seat::Booked => to(Confirm),
//!             Seat::SoldOut => done(),
//!         }).retry(Retry::exponential(Duration::from_secs(1)).attempts(5)))
//!         .step(Confirm.then(|event| match event {
//!             Answer::Confirmed => done(),
//!             Answer::Timeout => to(GiveBack),
//!         }))
//!         .step(GiveBack.then(|Finished| done()))
//! }
//!
//! #[derive(Deserialize)]
//! struct Trip {
//!     train: u32,
//! }
//!
//! events! {
//!     /// How booking ends.
//!     pub enum Seat { Booked => "booked", SoldOut => "sold-out" }
//! }
//!
//! events! {
//!     /// What the traveller says within an hour.
//!     pub enum Answer accepts { Confirmed => "confirmed", Timeout => "timeout" }
//! }
//!
//! pub struct Book;
//!
//! impl Step for Book {
//!     const NAME: &'static str = "book";
//!     type Event = Seat;
//!     type Output = u32;
//!
//!     fn run(&self, ctx: &Context) -> StepResult<Self> {
//!         let trip: Trip = ctx.initial()?;
//!         match trip.train {
//!             0 => Err(StepError::retryable("the railway doesn't answer")),
//!             1..100 => Ok(Outcome::completed_with(Seat::Booked, 42)),
//!             _ => Ok(Outcome::completed(Seat::SoldOut)),
//!         }
//!     }
//! }
//!
//! pub struct Confirm;
//!
//! impl Step for Confirm {
//!     const NAME: &'static str = "confirm";
//!     type Event = Answer;
//!     type Output = ();
//!
//!     fn run(&self, _: &Context) -> StepResult<Self> {
//!         Ok(Outcome::wait_at_most(Duration::from_secs(3600)))
//!     }
//! }
//!
//! pub struct GiveBack;
//!
//! impl Step for GiveBack {
//!     const NAME: &'static str = "give-back";
//!     type Event = Finished;
//!     type Output = ();
//!
//!     fn run(&self, ctx: &Context) -> StepResult<Self> {
//!         let seat = ctx.require(Book)?;
//!         ctx.info("gave the seat back", &[("seat", &seat)]);
//!         Ok(Outcome::completed(Finished))
//!     }
//! }
//!
//! // Native unit tests: of a step, and of the graph.
//! use hephaestus_guest::testing::TestContext;
//!
//! # fn main() {
//! let ctx = TestContext::new().initial(serde_json::json!({ "train": 12 }));
//! assert_eq!(ctx.run(Book), Ok(Outcome::completed_with(Seat::Booked, 42)));
//!
//! trip().assert_sound();
//! # }
//! ```
//!
//! Its `Cargo.toml` says `crate-type = ["cdylib", "rlib"]`: the first for the component, the second for tests.
//!
//! A step that panics traps: its attempt fails with kind `trap` and may be repeated. Expected errors are [`StepError`]s,
//! refusals that belong to the business are events.
//!
//! [Hephaestus]: https://github.com/hephaestus-workflows/hephaestus

#[doc(hidden)]
pub mod bindings;
mod context;
mod describe;
mod error;
mod event;
mod export;
mod outcome;
mod request;
mod step;
mod workflow;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use context::{Context, Fields, Instance, Level};
pub use error::{OrFail, StepError};
pub use event::{Event, Finished, Origin};
pub use outcome::Outcome;
pub use request::Request;
pub use step::{Step, StepName, StepResult};
#[cfg(not(target_family = "wasm"))]
pub use workflow::Unsound;
pub use workflow::{
    Backoff, Choice, Join, JoinRule, Retry, StepSpec, Targets, Uniqueness, Workflow, all, any, done, either,
    settled, step, to, transition,
};

/// For the macros of this crate only.
#[doc(hidden)]
pub mod __private {
    pub use crate::export::{Exported, Exports};
}
