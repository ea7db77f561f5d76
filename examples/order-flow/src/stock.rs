//! The warehouse: goods are put aside while the order is decided on.

use hephaestus_guest::{Context, Finished, Outcome, Step, StepResult, events};
use serde::{Deserialize, Serialize};

use crate::Order;

/// Puts the goods aside.
pub struct Reserve;

events! {
    /// What the warehouse says.
    pub enum Stock {
        /// The goods were put aside.
        Reserved => "reserved",
        /// Something is missing; nothing was put aside.
        OutOfStock => "out-of-stock",
    }
}

/// The warehouse's answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The warehouse's name for the request.
    pub id: String,
    /// What it couldn't find; if it is not empty, nothing was put aside.
    pub missing: Vec<String>,
}

impl Step for Reserve {
    const NAME: &'static str = "reserve";
    type Event = Stock;
    type Output = Reservation;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let order: Order = ctx.initial()?;
        let reservation = put_aside(&order, &ctx.idempotency_key());
        let event = if reservation.missing.is_empty() {
            Stock::Reserved
        } else {
            Stock::OutOfStock
        };
        Ok(Outcome::completed_with(event, reservation))
    }
}

/// Puts the goods back: the order comes to nothing.
pub struct Release;

impl Step for Release {
    const NAME: &'static str = "release";
    type Event = Finished;
    type Output = String;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let reservation = ctx.require(Reserve)?;
        ctx.info("put the goods back", &[("reservation", &reservation.id)]);
        Ok(Outcome::completed_with(Finished, reservation.id))
    }
}

/// The warehouse, simulated: it has everything but `unobtainium`. A real one would recognise a repetition by `key`.
fn put_aside(order: &Order, key: &str) -> Reservation {
    let missing = order.items.iter().filter(|item| item.sku == "unobtainium");
    Reservation {
        id: format!("reservation-{key}"),
        missing: missing.map(|item| item.sku.clone()).collect(),
    }
}
