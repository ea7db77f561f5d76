//! What a store and a host promise about their disk, tried out on disks that lose, tear, fail and fill.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers fail as the test does, and its figures are printed"
)]

mod faults;
mod full;
mod hosts;
mod images;
mod place;
mod power;
mod script;
mod settings;
mod stored;
mod world;
