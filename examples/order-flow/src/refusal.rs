//! The endings in which the customer gets nothing but an explanation.

use hephaestus_guest::{Context, Finished, Outcome, Step, StepError, StepResult};
use serde::{Deserialize, Serialize};

use crate::{Approve, Charge, Reserve, Validate};

/// Why the order is not served.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// All the reasons there are.
    pub reasons: Vec<String>,
}

/// Records why the order is refused. It runs when nothing more can go wrong, so that it knows every reason.
pub struct Refuse;

impl Step for Refuse {
    const NAME: &'static str = "refuse";
    type Event = Finished;
    type Output = Refusal;

    fn run(&self, ctx: &Context) -> StepResult<Self> {
        let mut reasons = ctx.require(Validate)?.problems;
        if let Some(reservation) = ctx.result_of(Reserve)? {
            reasons.extend(
                reservation
                    .missing
                    .iter()
                    .map(|sku| format!("out of stock: {sku}")),
            );
        }
        if let Some(reason) = ctx.result_of(Charge)?.and_then(|receipt| receipt.declined) {
            reasons.push(format!("the card was declined: {reason}"));
        }
        if reasons.is_empty() {
            reasons.push(rejection(ctx)?);
        }
        Ok(Outcome::completed_with(Finished, Refusal { reasons }))
    }
}

/// The approver's words, if there are any.
fn rejection(ctx: &Context) -> Result<String, StepError> {
    let decision = ctx.result_of(Approve)?.unwrap_or_default();
    Ok(match decision["reason"].as_str() {
        Some(reason) => format!("rejected: {reason}"),
        None => "rejected".into(),
    })
}

/// Records that nobody approved the order in time.
pub struct Expire;

impl Step for Expire {
    const NAME: &'static str = "expire";
    type Event = Finished;
    type Output = Refusal;

    fn run(&self, _: &Context) -> StepResult<Self> {
        let reasons = vec!["nobody approved the order in time".into()];
        Ok(Outcome::completed_with(Finished, Refusal { reasons }))
    }
}

/// Records that the goods could not be sent.
pub struct GiveUp;

impl Step for GiveUp {
    const NAME: &'static str = "give-up";
    type Event = Finished;
    type Output = Refusal;

    fn run(&self, _: &Context) -> StepResult<Self> {
        let reasons = vec!["the carrier didn't take the goods".into()];
        Ok(Outcome::completed_with(Finished, Refusal { reasons }))
    }
}
