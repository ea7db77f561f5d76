//! Tests of the workflow: natively, in milliseconds.

mod paths;
mod steps;

use serde_json::Value;

/// One of the files beside the crate.
fn order(json: &str) -> Value {
    serde_json::from_str(json).expect("an order")
}

fn good_order() -> Value {
    order(include_str!("../order.json"))
}
