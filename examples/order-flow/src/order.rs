//! The input of the process.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the shop sends. What is missing is left empty, for `validate` to find.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Who ordered.
    pub customer: String,
    /// What was ordered.
    pub items: Vec<Item>,
    /// The number of the card to charge.
    pub card: String,
    /// Where the goods go.
    pub ship_to: String,
    /// How long the approval may take; a day, if the shop doesn't say.
    pub approval_timeout_ms: Option<u64>,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// Names the goods.
    pub sku: String,
    /// How many of them.
    pub quantity: u32,
    /// The price of one, in cents.
    pub price_cents: u64,
}

const ONE_DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Order {
    /// How long the approval may take.
    pub fn approval_timeout(&self) -> Duration {
        self.approval_timeout_ms.map_or(ONE_DAY, Duration::from_millis)
    }

    /// What the order costs, in cents; `None` if that is more than anybody can pay.
    pub fn total_cents(&self) -> Option<u64> {
        self.items.iter().try_fold(0u64, |total, item| {
            item.price_cents
                .checked_mul(item.quantity.into())?
                .checked_add(total)
        })
    }
}
