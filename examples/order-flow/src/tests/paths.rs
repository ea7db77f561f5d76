//! Whole paths, from the basket to an end: the host's own engine, virtual time, and events that the test sends.

use std::collections::BTreeSet;
use std::time::Duration;

use hephaestus_guest::StepError;
use hephaestus_guest::testing::{Attempt, TestRun};
use serde_json::{Value, json};

use super::{good_order, order};
use crate::*;

/// An order in which something is changed.
fn order_with(change: impl FnOnce(&mut Value)) -> Value {
    let mut order = good_order();
    change(&mut order);
    order
}

/// A run of that order, as far as it comes by itself.
fn placed(order: &Value) -> TestRun {
    TestRun::of(order_flow()).initial(order).start()
}

/// Lets stock and bank answer in different orders: each run has to complete by the same steps.
#[track_caller]
fn in_any_order(order: &Value, then: impl Fn(&mut TestRun), steps: &[&str]) {
    let expected: BTreeSet<String> = steps.iter().map(ToString::to_string).collect();
    let mut seconds = BTreeSet::new();
    for seed in 0..10 {
        let mut run = TestRun::of(order_flow()).initial(order).shuffled(seed).start();
        then(&mut run);
        run.assert_completed();
        let path = run.path();
        assert_eq!(BTreeSet::from_iter(path.iter().cloned()), expected, "seed {seed}");
        seconds.insert(path[1].clone());
    }
    assert_eq!(seconds.len(), 2, "the seeds are of both orders: {seconds:?}");
}

#[test]
fn an_approved_order_is_shipped() {
    let mut run = placed(&good_order());
    run.send_with(Approval::Approved, json!({ "by": "kim" }));
    // The carrier is busy at the first call.
    assert_eq!(run.advance_to_next_timer(), Some(Duration::from_millis(200)));
    run.assert_completed();
    assert_eq!(
        run.path(),
        [
            "validate.valid",
            "reserve.reserved",
            "charge.charged",
            "approve.approved",
            "ship.finished"
        ]
    );
    assert_eq!(run.step_of::<ship>().attempts(), 2);
    assert!(run.result_of::<ship>().is_some());
}

#[test]
fn an_approval_may_come_before_anybody_waits_for_it() {
    // The bank needs a second attempt.
    let mut run = TestRun::of(order_flow())
        .initial(good_order())
        .script::<charge>([Attempt::panics("the line is dead")])
        .start();
    assert_eq!(run.event_of::<approve>(), None);
    run.send(Approval::Approved);
    run.advance(Duration::from_secs(60));
    run.assert_completed();
    assert!(run.result_of::<ship>().is_some());
}

#[test]
fn a_rejected_order_is_undone() {
    let words = json!({ "reason": "too dear" });
    let reject = |run: &mut TestRun| {
        run.send_with(Approval::Rejected, &words);
    };
    let steps = [
        "validate.valid",
        "reserve.reserved",
        "charge.charged",
        "approve.rejected",
        "release.finished",
        "refund.finished",
        "refuse.finished",
    ];
    in_any_order(&good_order(), reject, &steps);

    let mut run = placed(&good_order());
    reject(&mut run);
    assert_eq!(run.result_of::<refund>(), Some(16_600));
    let refusal = run.result_of::<refuse>().expect("a refusal");
    assert_eq!(refusal.reasons, ["rejected: too dear"]);
}

#[test]
fn an_order_that_nobody_approves_expires_after_a_day() {
    let mut run = placed(&good_order());
    run.advance(Duration::from_secs(24 * 60 * 60 - 1));
    run.assert_waiting();
    run.advance(Duration::from_secs(1));
    run.assert_completed();
    assert_eq!(
        run.story(),
        "\
0s       order-flow version 1 begins -> validate
0s       validate: valid -> reserve, charge
0s       reserve: reserved
0s       charge: charged -> approve
0s       approve: waits for approved, rejected, timeout, at most 1d
1d       approve: timeout, by its timer -> release, refund, expire; ship, refuse, give-up can't run any more
1d       release: finished
1d       refund: finished
1d       expire: finished -> done
1d       completed
"
    );
}

#[test]
fn a_declined_card_puts_the_goods_back_and_returns_no_money() {
    let steps = [
        "validate.valid",
        "reserve.reserved",
        "charge.declined",
        "release.finished",
        "refuse.finished",
    ];
    let declined = order(include_str!("../../order-declined.json"));
    in_any_order(&declined, |_| {}, &steps);
}

#[test]
fn what_is_out_of_stock_is_paid_back() {
    let steps = [
        "validate.valid",
        "reserve.out-of-stock",
        "charge.charged",
        "refund.finished",
        "refuse.finished",
    ];
    let order = order_with(|order| order["items"][0]["sku"] = json!("unobtainium"));
    in_any_order(&order, |_| {}, &steps);
}

#[test]
fn where_nothing_was_done_nothing_is_undone() {
    let mut declined = order(include_str!("../../order-declined.json"));
    declined["items"][0]["sku"] = json!("unobtainium");
    let steps = [
        "validate.valid",
        "reserve.out-of-stock",
        "charge.declined",
        "refuse.finished",
    ];
    in_any_order(&declined, |_| {}, &steps);
    // It runs when both have ended, and knows both reasons.
    let refusal = placed(&declined).result_of::<refuse>().expect("a refusal");
    assert_eq!(refusal.reasons.len(), 2);
}

#[test]
fn what_no_carrier_takes_is_undone() {
    let approve = |run: &mut TestRun| {
        run.send(Approval::Approved);
    };
    let steps = [
        "validate.valid",
        "reserve.reserved",
        "charge.charged",
        "approve.approved",
        "ship.failed",
        "release.finished",
        "refund.finished",
        "give-up.finished",
    ];
    let order = order_with(|order| order["ship_to"] = json!("Temple of Poseidon, Atlantis"));
    in_any_order(&order, approve, &steps);
}

#[test]
fn a_carrier_that_stays_busy_is_asked_four_times() {
    let mut run = TestRun::of(order_flow())
        .initial(good_order())
        .stub::<ship>(|_| Err(StepError::retryable("the carrier is busy")))
        .start();
    run.send(Approval::Approved);
    run.advance(Duration::from_millis(3 * 200));
    run.assert_completed();
    assert_eq!(run.step_of::<ship>().attempts(), 4);
    assert!(run.step_of::<give_up>().has_run());
}

#[test]
fn an_invalid_order_is_refused_at_once() {
    let run = placed(&order(include_str!("../../order-invalid.json")));
    run.assert_completed();
    assert_eq!(run.path(), ["validate.invalid", "refuse.finished"]);
}
