//! The runner with fake guests, paused time, and a store in memory that fails when told to.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test's helpers fail as the test does"
)]

mod checkpoints;
mod deploy;
mod embedding;
mod faults;
mod guests;
mod lifecycle;
mod log;
mod losses;
mod naming;
mod operator;
mod recovery;
mod removal;
mod rounds;
mod shutdown;
mod threads;
mod timers;
mod waiting;
mod watch;
mod world;
