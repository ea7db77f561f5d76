//! A payment, by a bank that is reached over HTTP, with a token that is a secret.

use hephaestus_guest::{Context, Finished, Initial, StepResult, step, workflow};
use serde::{Deserialize, Serialize};

workflow! {
    /// Pays.
    #[business_key("claimid")]
    pub claim_bank v1 {
        pay => done,
    }
}

/// What the bank has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transfer {
    /// How much, in cents.
    pub amount_cents: u64,
    /// Where the money goes.
    pub account: String,
}

/// What the bank answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The bank's name for the transfer.
    pub reference: String,
}

/// Transfers the money.
#[step(requests(http = "https://bank.example/v1", secret = "BANK_TOKEN"))]
pub fn pay(Initial(transfer): Initial<Transfer>, ctx: &Context) -> StepResult<Finished, Payment> {
    let payment: Payment = ctx
        .http()
        .post("https://bank.example/v1/transfers")
        .bearer(&ctx.secret("BANK_TOKEN")?)
        .idempotent()
        .json(&transfer)
        .send()?
        .error_for_status()?
        .json()?;
    ctx.info("paid", &[("reference", &payment.reference)]);
    Ok(Finished.with(payment))
}

#[cfg(test)]
mod tests;
