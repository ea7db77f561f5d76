//! The pure half of Hephaestus: what a workflow is, when it is sound, and what an instance does next.
//!
//! Invariants of this crate, kept by Cargo (look at its dependencies) and by the tidy test:
//!
//! - no I/O, no clock, no randomness, no threads: time and seeds are arguments;
//! - all state changes go through [`engine`]: `decide(state, input) -> records`, `apply(state, record) -> state`;
//! - it knows nothing of WebAssembly, databases or tokio.
//!
//! `docs/engine.md` holds the table *step state x input* that [`engine`] follows line by line.

pub mod capability;
pub mod context;
pub mod definition;
pub mod engine;
mod ids;
mod json;
mod names;
mod time;

pub use ids::{
    BusinessId, BusinessValue, Digest, EventId, InstanceId, InvalidId, MAX_FREE_ID_BYTES, RequestId, TimerId,
};
pub use json::{InvalidJson, Json, UnexpectedJson};
pub use names::{
    BusinessKeyName, EventName, InvalidName, MAX_NAME_BYTES, StepRef, WorkflowName, WorkflowVersion,
};
pub use time::Timestamp;
