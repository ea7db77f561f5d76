//! Hephaestus: durable workflows whose steps are sandboxed WebAssembly components. This crate runs them inside a Rust
//! program; the binary `hephaestus` is one such program.
//!
//! The whole of it, from the first line to the last (`examples/embed`; `examples/embed-axum` is a web service):
//!
//! ```
#![doc = include_str!("../embed.rs")]
//! #
//! # // The crate's tests run this page on the real component. Without it they fail, and say what to do.
//! # fn component() -> std::path::PathBuf {
//! #     use std::{env::var_os, path::PathBuf};
//! #     let target = || match var_os("CARGO_TARGET_DIR") {
//! #         Some(target) => PathBuf::from(target),
//! #         None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
//! #     };
//! #     let folder = var_os("HEPHAESTUS_COMPONENTS").map_or_else(|| target().join("components"), PathBuf::from);
//! #     let file = folder.join("order-flow.wasm");
//! #     let fix = "run `cargo xtask build --guests-only` first, or `cargo xtask test`";
//! #     assert!(file.is_file(), "{} is missing, and this page runs it: {fix}", file.display());
//! #     file
//! # }
//! # let folder = tempfile::tempdir()?;
//! # let (component, database) = (component(), folder.path().join("orders.db"));
//! # let tracking = tokio::runtime::Runtime::new()?.block_on(ship_an_anvil(&component, &database))?;
//! # assert!(tracking.starts_with("tracking-"), "{tracking}");
//! # Ok::<(), Box<dyn Error>>(())
//! ```
//!
//! The rest of this page is what an embedder needs to know, in the order in which it is needed.
//!
//! # Build
//!
//! A [`Host`] is a store, a sandbox and a runner; [`Host::builder`] has a default for each. It lives in a tokio runtime,
//! is cheap to clone, and all that it does may be done from many tasks at once.
//!
//! - [`HostBuilder::sqlite`] keeps everything in one file, which one host at a time can open. Without it, everything is
//!   in memory and gone with the process: for tests.
//! - With [`HostBuilder::build`] the work begins: steps that ran when the last host ended run again, timers that came due
//!   meanwhile fire. [`Recovery::Activated`] leaves alone what this program doesn't ask for.
//! - [`runner::local::RunnerLimits`] bounds how much runs at once, [`sandbox::SandboxOptions`] what one step may consume.
//!
//! # Deploy
//!
//! [`Host::deploy`] takes the bytes of a component, proves its graph, and stores both. Deploying the same bytes again is
//! a no-op, so a program can do it at each start. Code never changes under a version: other bytes need another version,
//! and instances that are under way keep the code that they began with.
//!
//! # Start
//!
//! [`Runner::start_instance`] returns when the instance is durable: from then on it goes on without the caller, whatever
//! happens to either. [`StartOptions`] has what makes this safe to repeat:
//!
//! - `business_value` is what people call it (`a1` in `orderid::a1`). While it is active, another start of that name gets
//!   [`StartError::AlreadyRunning`], which names it.
//! - `request_id` makes a retry of the same request answer with the same instance, even after it ended: after a timeout,
//!   or a [`StoreError::Unknown`](store::StoreError::Unknown), send the request again.
//!
//! Input, results and events are [`Json`], text that was checked once; [`Json::encode`] and [`Json::decode`] translate to
//! and from your own types. Large data does not belong in it: hand over a reference.
//!
//! # Look, wait, watch
//!
//! An [`InstanceRef`] is an instance id or a business id, and can be parsed from either.
//!
//! - [`Host::get`] is the state now: status, steps, [results](core::engine::InstanceState::results), why it failed.
//!   [`Host::list`] finds instances, [`Host::history`] is the journal.
//! - [`Host::wait_for`] and [`Host::wait_for_end`] return when the state is the one that you wait for, or the end.
//! - [`Host::watch`] gives each journal entry once, in order. It begins after the start, when the first steps may have run
//!   already: facts are read from the store, but what those steps wrote is over. [`Host::start_and_watch`] misses nothing.
//!
//! # Resume
//!
//! [`Runner::resume`] sends an [`event`] to the step that waits for it, and returns when that is durable. An event that
//! comes early is kept until a step waits. Give it an `event_id` of your own (that of the message that brought it), and a
//! redelivery is a no-op. [`Runner::schedule_resume`] sends `timeout` later, also after a restart.
//!
//! [`Host::cancel`] stops an instance, [`Host::retry`] lets a failed one try again, [`Host::delete`] forgets one that has
//! ended. [`HostBuilder::retain`] forgets all that ended long ago.
//!
//! # Shut down
//!
//! [`Host::shutdown`] takes nothing new, lets steps that run end within the time given, commits what they came to, and
//! closes the store. Do it when the program is asked to end, after its own intake has stopped. Without it, or if the process
//! is killed, nothing that was acknowledged is lost: steps that ran then run again, with the same idempotency key.
//!
//! # When something fails
//!
//! An attempt that fails is the engine's business: retries, transitions, and at last the instance fails. That is no error of
//! any call, but a status: [`InstanceState::failure`](core::engine::InstanceState::failure) says why. Calls fail for
//! reasons of their own:
//!
//! | error | is it done? | what to do |
//! | --- | --- | --- |
//! | [`StartError::InvalidInput`], [`InstanceError::PayloadTooLarge`] | no | correct the request |
//! | [`StartError::OtherRequest`] | no | use an id for one request |
//! | [`StartError::AlreadyRunning`], [`InstanceError::Refused`] | no | the instance is elsewhere than the caller thought: look at it |
//! | [`StartError::UnknownWorkflow`], [`InstanceError::UnknownInstance`] | no | deploy it; check the name |
//! | [`StoreError::Unavailable`](store::StoreError::Unavailable) | no | try again: the host goes on by itself when the store does |
//! | [`StoreError::Unknown`](store::StoreError::Unknown), [`InstanceError::Interrupted`] | perhaps | repeat it with the same `request_id` or `event_id` |
//! | [`StartError::ComponentRemoved`] | no | deploy that version again |
//! | [`DeleteError::StillActive`] | no | cancel it first |
//! | [`InstanceError::TaskFailed`] | no | read the log; the instance is left as it is until the host restarts |
//! | `ShuttingDown` | no | ask the next host |
//!
//! # Tracing
//!
//! The host reports through [`tracing`](https://docs.rs/tracing), under the target `hephaestus_host`: warnings for what it
//! tries again, errors for what it can't repair. Nothing is shown unless the program installs a subscriber, such as
//! `tracing_subscriber::fmt().init()`. What steps write is no part of it: it comes through [`WatchEvent::Output`].
//!
//! # Rooms
//!
//! This crate is the effectful shell around [`hephaestus-core`](core). What each room may touch:
//!
//! - [`runner`]: executes instances. Reaches guests only through [`runner::StepExecutor`], time only through
//!   [`runner::Clock`], persistence only through [`store::Store`]; so all of it runs in a simulation, and so an embedder can
//!   bring a store, or an executor for tests.
//! - [`store`]: persistence. Only `store::sqlite` names rusqlite.
//! - [`sandbox`]: the only room that names wasmtime.
//! - [`deploy`]: components become workflows: digest, description, proof, version.
//! - [`Host`]: the façade that embedders and the binary use.

pub mod deploy;
mod host;
pub mod runner;
pub mod sandbox;
pub mod store;

pub use deploy::{DeployError, Deployment};
pub use hephaestus_core as core;
pub use hephaestus_core::Json;
pub use host::{BuildError, Host, HostBuilder};
pub use runner::local::{Recovery, Watch, WatchEvent};
pub use runner::{DeleteError, InstanceError, InstanceRef, Runner, StartError, StartOptions, event};
