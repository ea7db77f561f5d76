//! Each step on its own, in a context that the test makes up.

use std::time::Duration;

use hephaestus_guest::testing::TestContext;
use hephaestus_guest::{Finished, Outcome, StepError};
use serde_json::json;

use super::{good_order, order};
use crate::*;

#[test]
fn a_good_order_is_valid() {
    let ctx = TestContext::new().initial(good_order());
    let findings = Findings {
        total_cents: 16_600,
        problems: vec![],
    };
    assert_eq!(
        ctx.run::<validate>(),
        Ok(Outcome::completed_with(Validation::Valid, findings))
    );
}

#[test]
fn a_bad_order_is_invalid_for_every_reason_at_once() {
    let ctx = TestContext::new().initial(order(include_str!("../../order-invalid.json")));
    let problems = vec![
        "an item has the quantity 0".into(),
        "it doesn't say where the goods go".into(),
    ];
    let findings = Findings {
        total_cents: 0,
        problems,
    };
    assert_eq!(
        ctx.run::<validate>(),
        Ok(Outcome::completed_with(Validation::Invalid, findings))
    );
}

#[test]
fn what_is_no_order_is_invalid_too() {
    let too_much = json!({ "items": [{ "sku": "moon", "quantity": 2, "price_cents": u64::MAX }] });
    for input in [
        json!({}),
        json!({ "items": "anvils" }),
        too_much,
        json!({ "approval_timeout_ms": 0 }),
    ] {
        let outcome = TestContext::new().initial(&input).run::<validate>();
        assert_eq!(
            outcome.expect("an outcome").event(),
            Some(&Validation::Invalid),
            "{input}"
        );
    }
}

#[test]
fn an_unreadable_order_is_refused_with_step_and_field() {
    let outcome = TestContext::new()
        .initial(json!({ "items": [{ "sku": 7 }] }))
        .run::<validate>();
    let findings = outcome
        .expect("an outcome")
        .output()
        .expect("findings")
        .problems
        .join("\n");
    assert!(
        findings.contains("step `validate`") && findings.contains("items[0].sku"),
        "{findings}"
    );
}

#[test]
fn goods_are_reserved_under_the_idempotency_key() {
    let ctx = TestContext::new().initial(good_order());
    let outcome = ctx.run::<reserve>().expect("an outcome");
    assert_eq!(outcome.event(), Some(&Stock::Reserved));
    assert!(
        outcome
            .output()
            .is_some_and(|reservation| reservation.id.ends_with(&ctx.idempotency_key()))
    );
}

#[test]
fn what_the_warehouse_lacks_is_out_of_stock() {
    let mut order = good_order();
    order["items"][1]["sku"] = json!("unobtainium");
    let outcome = TestContext::new()
        .initial(order)
        .run::<reserve>()
        .expect("an outcome");
    assert_eq!(outcome.event(), Some(&Stock::OutOfStock));
    assert_eq!(
        outcome.output().map(|reservation| reservation.missing.clone()),
        Some(vec!["unobtainium".into()])
    );
}

#[test]
fn the_card_is_charged_what_validate_added_up() {
    let ctx = TestContext::new()
        .initial(good_order())
        .result::<validate>(findings(16_600));
    let outcome = ctx.run::<charge>().expect("an outcome");
    assert_eq!(outcome.event(), Some(&Payment::Charged));
    assert_eq!(outcome.output().map(|receipt| receipt.amount_cents), Some(16_600));
}

#[test]
fn a_declined_card_is_an_event_and_takes_no_money() {
    let declined = order(include_str!("../../order-declined.json"));
    let ctx = TestContext::new()
        .initial(declined)
        .result::<validate>(findings(3_600_000));
    let outcome = ctx.run::<charge>().expect("an outcome");
    assert_eq!(outcome.event(), Some(&Payment::Declined));
    assert_eq!(outcome.output().map(|receipt| receipt.amount_cents), Some(0));
    assert_eq!(
        ctx.logs()[0].fields,
        [("reason".into(), "insufficient funds".into())]
    );
}

#[test]
fn charging_needs_the_findings_of_validate() {
    let error = TestContext::new()
        .initial(good_order())
        .run::<charge>()
        .expect_err("no findings");
    assert!(!error.is_retryable());
    assert!(
        error.message().contains("`charge`") && error.message().contains("`validate`"),
        "{error}"
    );
}

#[test]
fn the_approval_waits_a_day_or_as_long_as_the_order_says() {
    let mut order = good_order();
    let wait = TestContext::new().initial(&order).run::<approve>();
    assert_eq!(wait, Ok(Outcome::wait_at_most(Duration::from_secs(86_400))));

    order["approval_timeout_ms"] = json!(250);
    let wait = TestContext::new().initial(&order).run::<approve>();
    assert_eq!(wait, Ok(Outcome::wait_at_most(Duration::from_millis(250))));
}

#[test]
fn a_busy_carrier_is_asked_again() {
    let first = TestContext::new().initial(good_order()).run::<ship>();
    assert_eq!(first, Err(StepError::retryable("the carrier is busy")));

    let second = TestContext::new()
        .initial(good_order())
        .attempt(2)
        .run::<ship>()
        .expect("shipped");
    assert!(
        second
            .output()
            .is_some_and(|shipment| shipment.ship_to.contains("London"))
    );
}

#[test]
fn where_no_carrier_goes_nothing_is_tried_again() {
    let mut order = good_order();
    order["ship_to"] = json!("Temple of Poseidon, Atlantis");
    let error = TestContext::new()
        .initial(order)
        .run::<ship>()
        .expect_err("no carrier");
    assert!(!error.is_retryable());
}

#[test]
fn compensation_undoes_exactly_what_was_done() {
    let reservation = Reservation {
        id: "reservation-7".into(),
        missing: vec![],
    };
    let ctx = TestContext::new().result::<reserve>(reservation);
    assert_eq!(
        ctx.run::<release>(),
        Ok(Outcome::completed_with(Finished, "reservation-7".into()))
    );

    let receipt = Receipt {
        id: "payment-7".into(),
        amount_cents: 990,
        declined: None,
    };
    let ctx = TestContext::new().result::<charge>(receipt);
    assert_eq!(ctx.run::<refund>(), Ok(Outcome::completed_with(Finished, 990)));
}

#[test]
fn a_refusal_knows_every_reason() {
    let missing = Reservation {
        id: String::new(),
        missing: vec!["unobtainium".into()],
    };
    let declined = Receipt {
        id: String::new(),
        amount_cents: 0,
        declined: Some("expired".into()),
    };
    let ctx = TestContext::new()
        .result::<validate>(findings(1))
        .result::<reserve>(missing)
        .result::<charge>(declined);
    assert_eq!(
        reasons(&ctx),
        ["out of stock: unobtainium", "the card was declined: expired"]
    );
}

#[test]
fn a_rejection_needs_no_words() {
    let ctx = || TestContext::new().result::<validate>(findings(1));
    assert_eq!(reasons(&ctx()), ["rejected"]);
    assert_eq!(reasons(&ctx().result::<approve>("no!")), ["rejected"]);
    assert_eq!(
        reasons(&ctx().result::<approve>(json!({ "reason": "too dear" }))),
        ["rejected: too dear"]
    );
}

fn findings(total_cents: u64) -> Findings {
    Findings {
        total_cents,
        problems: vec![],
    }
}

fn reasons(ctx: &TestContext) -> Vec<String> {
    let outcome = ctx.run::<refuse>().expect("an outcome");
    outcome.output().expect("a refusal").reasons.clone()
}
