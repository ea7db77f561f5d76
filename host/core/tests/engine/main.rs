//! The engine, from outside: every row of `docs/engine.md` by example, and what always holds by property.
//!
//! - `rows_*.rs`: examples for the rows; their names begin with the row.
//! - `worked_case.rs`: the example of the joins, in every order.
//! - `orders.rs`: random graphs, driven in random orders, against `model.rs`, a naive model of readiness.
//! - `chaos.rs`: random inputs of all kinds; invariants after each.
//! - `progress.rs`: a naive model of what steps have saved; every test with a rig is held against it.
//! - `golden.rs`: the stored form of the journal.
//! - `damaged.rs`: rubbish journals are refused, never a panic.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod chaos;
mod damaged;
mod generator;
mod golden;
mod model;
mod orders;
mod progress;
mod rig;
mod rows_attempt;
mod rows_checkpoint;
mod rows_event;
mod rows_host;
mod rows_joins;
mod rows_operator;
mod rows_timer;
mod show;
mod worked_case;
