//! An order, from the basket to the carrier; or back, with the stock released and the money returned.
//!
//! ```text
//! validate --valid----> reserve --reserved------> approve --approved--> ship --> done
//!    |                     `-----out-of-stock--> refund, refuse             `-failed-> release, refund, give-up
//!    |            `---> charge ---charged-------> approve --rejected--> release, refund, refuse
//!    |                     `-----declined------> release, refuse
//!    `------invalid--> refuse                      `-------timeout---> release, refund, expire
//! ```
//!
//! Every ending is one of the business: the instance completes, and its results tell which way it went. `ship`: the
//! order is on its way; `refuse`: why it isn't served; `expire`: nobody approved it in time; `give-up`: the carrier
//! doesn't take it.
//!
//! The stock, the bank and the carrier are simulated: see the modules for what makes them say no.

mod approval;
mod order;
mod payment;
mod refusal;
mod shipping;
mod stock;
mod validation;

use std::time::Duration;

use hephaestus_guest::{Finished, JoinRule, Retry, Step, Workflow, all, any, done, to};

pub use approval::{Approval, Approve};
pub use order::{Item, Order};
pub use payment::{Charge, Payment, Receipt, Refund};
pub use refusal::{Expire, GiveUp, Refusal, Refuse};
pub use shipping::{Ship, Shipment};
pub use stock::{Release, Reservation, Reserve, Stock};
pub use validation::{Findings, Validate, Validation};

hephaestus_guest::export!(order_flow);

/// The process.
pub fn order_flow() -> Workflow {
    Workflow::new("order-flow", 1)
        .business_key("orderid")
        .tag("example")
        .step(Validate.then(|event| match event {
            Validation::Valid => to(Reserve).and(Charge),
            Validation::Invalid => to(Refuse),
        }))
        .step(Reserve.then(|event| match event {
            Stock::Reserved => to(Approve).and(Release),
            Stock::OutOfStock => to(Refund).and(Refuse),
        }))
        .step(Charge.then(|event| match event {
            Payment::Charged => to(Approve).and(Refund),
            Payment::Declined => to(Release).and(Refuse),
        }))
        .step(Approve.then(|event| match event {
            Approval::Approved => to(Ship),
            Approval::Rejected => to(Release).and(Refund).and(Refuse),
            Approval::Timeout => to(Release).and(Refund).and(Expire),
        }))
        .step(
            Ship.then(|Finished| done())
                .retry(Retry::constant(Duration::from_millis(200)).attempts(4))
                .on_failed(to(Release).and(Refund).and(GiveUp)),
        )
        .step(
            Release
                .when(all([
                    Reserve.on(Stock::Reserved),
                    any([
                        Charge.on(Payment::Declined),
                        Approve.on(Approval::Rejected),
                        Approve.on(Approval::Timeout),
                        Ship.failed(),
                    ]),
                ]))
                .then(|Finished| done()),
        )
        .step(
            Refund
                .when(all([
                    Charge.on(Payment::Charged),
                    any([
                        Reserve.on(Stock::OutOfStock),
                        Approve.on(Approval::Rejected),
                        Approve.on(Approval::Timeout),
                        Ship.failed(),
                    ]),
                ]))
                .then(|Finished| done()),
        )
        .step(Refuse.when(JoinRule::Settled).then(|Finished| done()))
        .step(Expire.then(|Finished| done()))
        .step(GiveUp.then(|Finished| done()))
}

#[cfg(test)]
mod tests;
