//! The examples that are programs: each is built like any program of a user's, and run as one.

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod embed;
mod embed_axum;
mod service;
