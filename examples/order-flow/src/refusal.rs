//! The endings in which the customer gets nothing but an explanation.

use hephaestus_guest::{Finished, Outcome, ResultOf, step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{approve, charge, reserve, validate};

/// Why the order is not served.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// All the reasons there are.
    pub reasons: Vec<String>,
}

/// Records why the order is refused. It runs when nothing more can go wrong, so that it knows every reason.
#[step]
pub fn refuse(
    ResultOf(findings): ResultOf<validate>,
    reservation: Option<ResultOf<reserve>>,
    receipt: Option<ResultOf<charge>>,
    decision: Option<ResultOf<approve>>,
) -> Outcome<Finished, Refusal> {
    let mut reasons = findings.problems;
    if let Some(ResultOf(reservation)) = reservation {
        let missing = reservation.missing.iter();
        reasons.extend(missing.map(|sku| format!("out of stock: {sku}")));
    }
    if let Some(reason) = receipt.and_then(|ResultOf(receipt)| receipt.declined) {
        reasons.push(format!("the card was declined: {reason}"));
    }
    if reasons.is_empty() {
        reasons.push(rejection(decision.map(|ResultOf(decision)| decision)));
    }
    Finished.with(Refusal { reasons })
}

/// The approver's words, if there are any.
fn rejection(decision: Option<Value>) -> String {
    match decision.unwrap_or_default()["reason"].as_str() {
        Some(reason) => format!("rejected: {reason}"),
        None => "rejected".into(),
    }
}

/// Records that nobody approved the order in time.
#[step]
pub fn expire() -> Outcome<Finished, Refusal> {
    Finished.with(Refusal {
        reasons: vec!["nobody approved the order in time".into()],
    })
}

/// Records that the goods could not be sent.
#[step]
pub fn give_up() -> Outcome<Finished, Refusal> {
    Finished.with(Refusal {
        reasons: vec!["the carrier didn't take the goods".into()],
    })
}
