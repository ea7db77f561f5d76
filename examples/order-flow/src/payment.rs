//! The bank: the card is charged before the order is approved, and the money returned if it isn't.

use hephaestus_guest::{Context, Finished, IdempotencyKey, Initial, Outcome, ResultOf, events, step};
use serde::{Deserialize, Serialize};

use crate::{Order, validate};

/// What the bank says.
#[events]
pub enum Payment {
    /// The money was taken.
    Charged,
    /// The bank refused: an answer, not an error.
    Declined,
}

/// The bank's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The bank's name for the request.
    pub id: String,
    /// What was taken, in cents.
    pub amount_cents: u64,
    /// Why the bank refused, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<String>,
}

/// Charges the card.
#[step]
pub fn charge(
    Initial(order): Initial<Order>,
    ResultOf(findings): ResultOf<validate>,
    key: IdempotencyKey,
    ctx: &Context,
) -> Outcome<Payment, Receipt> {
    let receipt = ask_bank(&order.card, findings.total_cents, &key);
    let event = match &receipt.declined {
        None => Payment::Charged,
        Some(reason) => {
            ctx.warn("the bank refused", &[("reason", reason)]);
            Payment::Declined
        }
    };
    event.with(receipt)
}

/// Returns the money: the order comes to nothing.
#[step]
pub fn refund(ResultOf(receipt): ResultOf<charge>, ctx: &Context) -> Outcome<Finished, u64> {
    let amount_cents = receipt.amount_cents;
    ctx.info(
        "returned the money",
        &[("payment", &receipt.id), ("amount_cents", &amount_cents)],
    );
    Finished.with(amount_cents)
}

/// The bank, simulated: it refuses cards that end in 0002. A real one would recognise a repetition by `key`.
fn ask_bank(card: &str, amount_cents: u64, IdempotencyKey(key): &IdempotencyKey) -> Receipt {
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
