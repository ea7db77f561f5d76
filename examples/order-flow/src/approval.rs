//! A person decides.

use hephaestus_guest::{Context, Outcome, Step, StepResult, events};
use serde_json::Value;

use crate::Order;

/// Waits for somebody to approve the order.
pub struct Approve;

events! {
    /// What people decide, or don't.
    pub enum Approval accepts {
        /// Ship it.
        Approved => "approved",
        /// Don't.
        Rejected => "rejected",
        /// Nobody decided in time.
        Timeout => "timeout",
    }
}

impl Step for Approve {
    const NAME: &'static str = "approve";
    type Event = Approval;
    /// Whatever came along with the decision: it is written outside, so it can have any form.
    type Output = Value;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let order: Order = ctx.initial()?;
        ctx.info("asked for approval", &[("customer", &order.customer)]);
        Ok(Outcome::wait_at_most(order.approval_timeout()))
    }
}
