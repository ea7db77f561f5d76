//! Guests: WebAssembly components behind [`StepExecutor`](crate::runner::StepExecutor).
//!
//! The only room that names wasmtime. It imports the seams (`runner::executor`, and `deploy::grants` for what a step may
//! use) and core, nothing else of the host.
//!
//! Invariants:
//!
//! - Default deny: a guest has no environment, arguments, files, network or terminal. What it writes is captured.
//!   While a step executes it can read the clock, sleep and draw randomness, and use what the manifest grants it; while
//!   the workflow describes itself or routes, time stands still and randomness is the same every time.
//! - Every call has an end: compute is cut off by epochs, blocking host calls by a timeout around the whole call, and
//!   instantiation counts.
//! - Everything that a guest hands over is bounded before it is copied, and everything it can do to itself becomes a
//!   [`Failure`](hephaestus_core::engine::Failure), never an error of the host.
//! - A slot of the pool is acquired before a store exists, and nobody who holds a store waits for a slot. Guests that
//!   rest between two steps give way to those that wait.
//! - Machine code comes from this process's compiler, or from files that only this user could write (`cache`).
//! - A store whose call was abandoned, trapped or hit a limit is dropped, never used again.
//!
//! One file for each capability (`checkpoint`, `context`, `grants`, `http`, `log`, `secrets`, `wasi`); `ctx` puts them
//! together.

mod bindings;
mod cache;
mod checkpoint;
mod code;
mod compile;
mod context;
mod convert;
mod ctx;
mod engine;
mod executor;
mod failure;
mod grants;
mod guest;
mod http;
mod limiter;
mod load;
mod log;
mod options;
mod outcome;
mod output;
mod redact;
mod refusal;
mod secrets;
mod slots;
mod stdio;
mod tally;
mod wasi;

pub use executor::WasmExecutor;
pub use options::{CodeCacheOptions, SandboxError, SandboxLimits, SandboxOptions};
