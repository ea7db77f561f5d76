//! What all stores promise (`conformance`), and what only some of them do.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test's helpers fail as the test does"
)]

mod admin;
mod committer;
mod compatibility;
mod conformance;
mod differential;
mod faulty;
mod read_only;
mod scale;
mod sqlite;
mod stray;
mod support;
