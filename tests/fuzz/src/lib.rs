//! Throws bytes at everything that reads what others wrote: components, definitions, manifests, journals, payloads.
//!
//! | module | idea |
//! |---|---|
//! | `targets` | one file for each: what reads the bytes, what must hold, where inputs come from |
//! | `target` | what a target is |
//! | `mutate`, `draw` | other inputs from known ones; something large from a few bytes |
//! | `bytes`, `smith` | WebAssembly as sections; modules of random code |
//! | `corpus` | the committed inputs: seeds, and every former finding |
//! | `worker` | the process that runs inputs; it may die of one |
//! | `campaign` | starts workers, watches them, and says what they died of |
//! | `coverage` | the same targets with libFuzzer, where that is there |
//! | `command` | the command line |
//!
//! A panic, an input that takes too long, and one that takes too much memory are findings. So each target runs in a
//! process of its own, and whoever watches it knows the input: it is in a file before it is run.
//!
//! It reaches the product through its public functions alone: what is found here can happen.

mod bytes;
mod campaign;
pub mod command;
mod corpus;
mod coverage;
mod draw;
mod mutate;
mod smith;
pub mod target;
pub mod targets;
pub mod worker;
