//! Is this an order that can be served at all?

use hephaestus_guest::{Context, Outcome, events, step};
use serde::{Deserialize, Serialize};

use crate::Order;

/// What `validate` says.
#[events]
pub enum Validation {
    /// The order can be served.
    Valid,
    /// It can't.
    Invalid,
}

/// What `validate` found out.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What the order costs, in cents.
    pub total_cents: u64,
    /// What is wrong with it; empty if it is valid.
    pub problems: Vec<String>,
}

/// Looks at the order, and adds it up.
#[step]
pub fn validate(ctx: &Context) -> Outcome<Validation, Findings> {
    let findings = match ctx.initial::<Order>() {
        Ok(order) => inspect(&order),
        // What can't be read as an order is the shop's mistake, and refused like its other mistakes.
        Err(unreadable) => Findings {
            total_cents: 0,
            problems: vec![unreadable.to_string()],
        },
    };
    let event = if findings.problems.is_empty() {
        Validation::Valid
    } else {
        Validation::Invalid
    };
    ctx.info(
        "looked at the order",
        &[
            ("total_cents", &findings.total_cents),
            ("problems", &findings.problems.len()),
        ],
    );
    event.with(findings)
}

fn inspect(order: &Order) -> Findings {
    let total_cents = order.total_cents();
    let rules = [
        (order.customer.is_empty(), "nobody ordered it"),
        (order.items.is_empty(), "it has no items"),
        (
            order.items.iter().any(|item| item.quantity == 0),
            "an item has the quantity 0",
        ),
        (total_cents.is_none(), "it costs more than anybody can pay"),
        (order.card.is_empty(), "it names no card"),
        (order.ship_to.is_empty(), "it doesn't say where the goods go"),
        (
            order.approval_timeout().is_zero(),
            "it leaves no time for the approval",
        ),
    ];
    let broken = rules.into_iter().filter(|(is_broken, _)| *is_broken);
    Findings {
        total_cents: total_cents.unwrap_or_default(),
        problems: broken.map(|(_, problem)| problem.to_owned()).collect(),
    }
}
