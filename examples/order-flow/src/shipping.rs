//! The carrier, who is often busy.

use hephaestus_guest::{Context, Finished, Initial, StepError, StepResult, step};
use serde::{Deserialize, Serialize};

use crate::Order;

/// What the carrier gives in return.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// To follow the parcel with.
    pub tracking: String,
    /// Where it goes.
    pub ship_to: String,
}

/// Hands the goods to the carrier.
#[step]
pub fn ship(Initial(order): Initial<Order>, ctx: &Context) -> StepResult<Finished, Shipment> {
    let tracking = call_carrier(&order.ship_to, ctx.attempt(), &ctx.idempotency_key())?;
    ctx.info("handed over to the carrier", &[("tracking", &tracking)]);
    let shipment = Shipment {
        tracking,
        ship_to: order.ship_to,
    };
    Ok(Finished.with(shipment).with_metadata("carrier", "simulated"))
}

/// The carrier, simulated: goes everywhere but to Atlantis, and is busy at the first call. A real one would recognise a
/// repetition by `key`.
fn call_carrier(ship_to: &str, attempt: u32, key: &str) -> Result<String, StepError> {
    if ship_to.contains("Atlantis") {
        return Err(StepError::permanent("the carrier doesn't go to Atlantis"));
    }
    if attempt == 1 {
        return Err(StepError::retryable("the carrier is busy"));
    }
    Ok(format!("tracking-{key}"))
}
