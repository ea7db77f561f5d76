//! The bank: the card is charged before the order is approved, and the money returned if it isn't.

use hephaestus_guest::{Context, Finished, Outcome, Step, StepResult, events};
use serde::{Deserialize, Serialize};

use crate::{Order, Validate};

/// Charges the card.
pub struct Charge;

events! {
    /// What the bank says.
    pub enum Payment {
        /// The money was taken.
        Charged => "charged",
        /// The bank refused: an answer, not an error.
        Declined => "declined",
    }
}

/// The bank's answer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The bank's name for the request.
    pub id: String,
    /// What was taken, in cents.
    pub amount_cents: u64,
    /// Why the bank refused, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<String>,
}

impl Step for Charge {
    const NAME: &'static str = "charge";
    type Event = Payment;
    type Output = Receipt;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let order: Order = ctx.initial()?;
        let total_cents = ctx.require(Validate)?.total_cents;
        let receipt = ask_bank(&order.card, total_cents, &ctx.idempotency_key());
        let event = match &receipt.declined {
            None => Payment::Charged,
            Some(reason) => {
                ctx.warn("the bank refused", &[("reason", reason)]);
                Payment::Declined
            }
        };
        Ok(Outcome::completed_with(event, receipt))
    }
}

/// Returns the money: the order comes to nothing.
pub struct Refund;

impl Step for Refund {
    const NAME: &'static str = "refund";
    type Event = Finished;
    type Output = u64;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let receipt = ctx.require(Charge)?;
        ctx.info(
            "returned the money",
            &[("payment", &receipt.id), ("amount_cents", &receipt.amount_cents)],
        );
        Ok(Outcome::completed_with(Finished, receipt.amount_cents))
    }
}

/// The bank, simulated: it refuses cards that end in 0002. A real one would recognise a repetition by `key`.
fn ask_bank(card: &str, amount_cents: u64, key: &str) -> Receipt {
    let id = format!("payment-{key}");
    if card.ends_with("0002") {
        Receipt {
            id,
            amount_cents: 0,
            declined: Some("insufficient funds".into()),
        }
    } else {
        Receipt {
            id,
            amount_cents,
            declined: None,
        }
    }
}
