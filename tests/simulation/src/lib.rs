//! The whole runtime in a simulation: fake guests, paused time, a faulty store, one seed.
//!
//! Proofs of what `docs/durability.md` promises:
//!
//! - [`simulation`]: random workflows, commands, faults and crashes; what must hold is checked at every step.
//! - [`failpoints`]: one scenario that uses everything, and a failure at each of its durable actions, one after the other.
//! - [`differential`]: the same random commands to the pure engine, and to a host on each store; all must agree.
//!
//! Everything here runs on one thread and draws from one seed, so whatever is found can be repeated.

pub mod audit;
pub mod chance;
pub mod differential;
pub mod failpoints;
pub mod graphs;
pub mod guests;
pub mod log;
pub mod seeds;
pub mod simulation;
pub mod stores;
pub mod witness;
