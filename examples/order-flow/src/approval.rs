//! A person decides.

use hephaestus_guest::{Context, Initial, Outcome, events, step};
use serde_json::Value;

use crate::Order;

/// What people decide, or don't.
#[events(accepts)]
pub enum Approval {
    /// Ship it.
    Approved,
    /// Don't.
    Rejected,
    /// Nobody decided in time.
    Timeout,
}

/// Waits for somebody to approve the order. Its result is whatever comes along with the decision: it is written outside,
/// so it can have any form.
#[step]
pub fn approve(Initial(order): Initial<Order>, ctx: &Context) -> Outcome<Approval, Value> {
    ctx.info("asked for approval", &[("customer", &order.customer)]);
    Outcome::wait_at_most(order.approval_timeout())
}
