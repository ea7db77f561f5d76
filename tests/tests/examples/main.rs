//! The examples, as users build and run them: workflows with `hephaestus run`, programs as what they are; and the pages
//! that show them. (`order-flow` is run by `cli_run`, too.)

#![expect(
    clippy::expect_used,
    reason = "a test that meets what it doesn't expect fails"
)]

mod approval_reminder;
mod embed;
mod embed_axum;
mod fan_out_report;
mod pages;
mod service;
