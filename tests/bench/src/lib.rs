//! How fast, beside what the machine can do: ratios, each measured against its limit in the same run.
//!
//! A number of steps in a second says as much about the machine, and about who else uses it, as about the host. So
//! each figure is measured in rounds, and in each round its limit too, right before or after it; what counts is the
//! ratio of the two, its median and its spread. `docs/speed.md` has the figures and what they mean.
//!
//! | module | idea |
//! |---|---|
//! | `figures` | one file for each figure: what is measured, beside what |
//! | `world` | hosts, components, and chains that run in them |
//! | `fill` | stores with many instances, by the store's own batches |
//! | `machine` | memory, reads and processor time of this process, and how much the disk's speed varies |
//! | `report`, `series` | what comes out |
//!
//! It measures the host through its public API. The limits themselves are in `tests/limits`.

mod figures;
mod fill;
mod machine;
mod report;
mod scale;
mod series;
mod world;

pub use figures::{Bench, NAMES, parked_in_this_process};
pub use report::Report;
pub use scale::Scale;
pub use world::target;
