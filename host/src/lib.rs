//! Hephaestus: durable workflows whose steps are sandboxed WebAssembly components.
//!
//! ```no_run
//! use hephaestus_host::Host;
//! use hephaestus_host::core::Json;
//! use hephaestus_host::runner::{Runner, StartOptions, event};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::builder().sqlite("orders.db").build().await?;
//! let order = host.deploy(&std::fs::read("order-flow.wasm")?).await?;
//! let workflow = &order.workflow.definition().name;
//! let input = Json::parse(&std::fs::read_to_string("order.json")?)?;
//! let instance = host.start_instance(workflow, input, StartOptions::default()).await?;
//! host.resume(&instance.into(), event("approved".parse()?, None)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! This crate is the effectful shell around `hephaestus-core`. Its rooms, and what each may touch:
//!
//! - [`runner`]: executes instances. Reaches guests only through [`runner::StepExecutor`], time only through
//!   [`runner::Clock`], persistence only through [`store::Store`]; so all of it runs in a simulation.
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
pub use runner::{InstanceError, InstanceRef, Runner, StartError, StartOptions, event};
