//! An order, from the basket to the carrier; or back, with the goods put back and the money returned.
//!
//! ```text
//!              ,-> reserve -.
//! validate ---<              >-> approve -> ship -> done
//!              `-> charge --'
//! ```
//!
//! That is how it should go. For the other ways read the table below. Each is an ending of the business: the instance
//! completes, and its results tell which one it was. `ship`: the order is on its way; `refuse`: why it isn't served;
//! `expire`: nobody approved it in time; `give-up`: the carrier doesn't take it.
//!
//! The warehouse, the bank and the carrier are simulated: see the modules for what makes them say no.

mod approval;
mod order;
mod payment;
mod refusal;
mod shipping;
mod stock;
mod validation;

use hephaestus_guest::workflow;

pub use approval::{Approval, approve};
pub use order::{Item, Order};
pub use payment::{Payment, Receipt, charge, refund};
pub use refusal::{Refusal, expire, give_up, refuse};
pub use shipping::{Shipment, ship};
pub use stock::{Reservation, Stock, release, reserve};
pub use validation::{Findings, Validation, validate};

workflow! {
    /// An order, from the basket to one of its ends.
    #[business_key("orderid")]
    #[tag("example")]
    pub order_flow v1 {
        validate => { Valid => [reserve, charge], Invalid => refuse }

        reserve => { Reserved => [approve, release], OutOfStock => [refund, refuse] }
        charge => { Charged => [approve, refund], Declined => [release, refuse] }

        approve => {
            Approved => ship,
            Rejected => [release, refund, refuse],
            Timeout => [release, refund, expire],
        }

        #[retry(constant = "200ms", attempts = 4)]
        ship => { Finished => done, failed => [release, refund, give_up] }

        // Compensation: what was done is undone, once it is clear that the order comes to nothing.
        release when all[
            reserve.Reserved,
            any[charge.Declined, approve.Rejected, approve.Timeout, ship.failed],
        ] => done,
        refund when all[
            charge.Charged,
            any[reserve.OutOfStock, approve.Rejected, approve.Timeout, ship.failed],
        ] => done,

        refuse when settled => done,
        expire => done,
        give_up => done,
    }
}

#[cfg(test)]
mod tests;
