//! `hephaestus run` as people and programs use it: the real binary, real components, real files, real signals.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod checkpoint;
mod crash;
mod endings;
mod refused;
mod retention;
mod streams;
mod usage;
mod waiting;
