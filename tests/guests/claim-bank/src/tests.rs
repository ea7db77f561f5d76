//! What the bank is sent, and what its answers lead to.

use hephaestus_guest::http::Response;
use hephaestus_guest::testing::TestContext;
use serde_json::json;

use super::*;

fn bank(answer: Response) -> TestContext {
    TestContext::new()
        .initial(json!({ "amount_cents": 18_450, "account": "4711" }))
        .secret("BANK_TOKEN", "t0ken")
        .respond("POST", "https://bank.example/v1/transfers", answer)
}

#[test]
fn the_bank_is_told_who_asks_and_for_what() {
    let ctx = bank(Response::json_of(201, json!({ "reference": "t1" })));
    assert!(ctx.run::<pay>().is_ok());

    let sent = &ctx.requests()[0];
    assert_eq!(sent.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(
        sent.header("idempotency-key"),
        Some(ctx.idempotency_key().as_str())
    );
}

#[test]
fn a_bank_that_is_overloaded_is_asked_again() {
    let error = bank(Response::new(503)).run::<pay>().expect_err("no payment");
    assert!(error.is_retryable());

    let error = bank(Response::new(400)).run::<pay>().expect_err("no payment");
    assert!(!error.is_retryable());
}

#[test]
fn without_the_secret_there_is_no_request() {
    let ctx = TestContext::new().initial(json!({ "amount_cents": 1, "account": "4711" }));
    let error = ctx.run::<pay>().expect_err("denied");
    assert!(error.is_denied());
    assert!(error.message().contains("secrets = [\"BANK_TOKEN\"]"));
}
