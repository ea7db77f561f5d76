//! An expense claim: checked, and paid or refused.

use hephaestus_guest::{
    Context, Finished, IdempotencyKey, Initial, Outcome, ResultOf, StepError, StepResult, events, step,
    workflow,
};
use serde::{Deserialize, Serialize};

workflow! {
    /// Somebody paid for something, and wants the money back.
    #[business_key("claimid")]
    pub expense_claim v1 {
        check => { Complete => pay, Incomplete => refuse }
        pay => done,
        refuse => done,
    }
}

/// The input: what the employee wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// Who paid.
    pub employee: String,
    /// What for.
    pub purpose: String,
    /// How much, in cents.
    pub amount_cents: u64,
    /// Where the money goes.
    pub account: String,
}

/// How checking ends.
#[events]
pub enum Check {
    /// Nothing is missing.
    Complete,
    /// Something is; the result says what.
    Incomplete,
}

/// Looks for what is missing.
#[step]
pub fn check(Initial(claim): Initial<Claim>) -> Outcome<Check, Vec<String>> {
    let mut problems = Vec::new();
    if claim.purpose.is_empty() {
        problems.push("it doesn't say what for".into());
    }
    if claim.amount_cents == 0 {
        problems.push("the amount is zero".into());
    }
    if problems.is_empty() {
        Check::Complete.with(problems)
    } else {
        Check::Incomplete.with(problems)
    }
}

/// What the bank answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The bank's name for the transfer.
    pub reference: String,
    /// What it transferred, in cents.
    pub amount_cents: u64,
}

/// Transfers the money.
#[step(deadline = "5s", retry(constant = "200ms", attempts = 4))]
pub fn pay(
    Initial(claim): Initial<Claim>,
    IdempotencyKey(key): IdempotencyKey,
    ctx: &Context,
) -> StepResult<Finished, Payment> {
    let reference = transfer(&claim, &key, ctx.attempt())?;
    ctx.info("paid", &[("to", &claim.employee), ("reference", &reference)]);
    let amount_cents = claim.amount_cents;
    Ok(Finished.with(Payment {
        reference,
        amount_cents,
    }))
}

/// The bank, simulated: it is busy at the first call, and knows no account `0000`. A real one would recognise a
/// repetition by `key`.
fn transfer(claim: &Claim, key: &str, attempt: u32) -> Result<String, StepError> {
    if claim.account == "0000" {
        return Err(StepError::permanent("the bank knows no account 0000"));
    }
    if attempt == 1 {
        return Err(StepError::retryable("the bank is busy"));
    }
    Ok(format!("transfer-{key}"))
}

/// Tells the employee why there is no money.
#[step]
pub fn refuse(
    Initial(claim): Initial<Claim>,
    ResultOf(reasons): ResultOf<check>,
    ctx: &Context,
) -> Outcome<Finished, Vec<String>> {
    ctx.info(
        "refused",
        &[("to", &claim.employee), ("reasons", &reasons.join(", "))],
    );
    Finished.with(reasons)
}

#[cfg(test)]
mod tests;
