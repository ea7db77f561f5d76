//! The warehouse: goods are put aside while the order is decided on.

use hephaestus_guest::{Context, Finished, IdempotencyKey, Initial, Outcome, ResultOf, events, step};
use serde::{Deserialize, Serialize};

use crate::Order;

/// What the warehouse says.
#[events]
pub enum Stock {
    /// The goods were put aside.
    Reserved,
    /// Something is missing; nothing was put aside.
    OutOfStock,
}

/// The warehouse's answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The warehouse's name for the request.
    pub id: String,
    /// What it couldn't find; if it is not empty, nothing was put aside.
    pub missing: Vec<String>,
}

/// Puts the goods aside.
#[step]
pub fn reserve(Initial(order): Initial<Order>, key: IdempotencyKey) -> Outcome<Stock, Reservation> {
    let reservation = put_aside(&order, &key);
    let event = if reservation.missing.is_empty() {
        Stock::Reserved
    } else {
        Stock::OutOfStock
    };
    event.with(reservation)
}

/// Puts the goods back: the order comes to nothing.
#[step]
pub fn release(ResultOf(reservation): ResultOf<reserve>, ctx: &Context) -> Outcome<Finished, String> {
    ctx.info("put the goods back", &[("reservation", &reservation.id)]);
    Finished.with(reservation.id)
}

/// The warehouse, simulated: it has everything but `unobtainium`. A real one would recognise a repetition by `key`.
fn put_aside(order: &Order, IdempotencyKey(key): &IdempotencyKey) -> Reservation {
    let missing = order.items.iter().filter(|item| item.sku == "unobtainium");
    Reservation {
        id: format!("reservation-{key}"),
        missing: missing.map(|item| item.sku.clone()).collect(),
    }
}
