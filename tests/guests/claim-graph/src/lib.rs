//! An expense claim: checked, held against budget and rules at the same time, and paid or refused.

use hephaestus_guest::{
    Context, Finished, IdempotencyKey, Initial, Outcome, ResultOf, StepError, StepResult, events, step,
    workflow,
};
use serde::{Deserialize, Serialize};

workflow! {
    /// Somebody paid for something, and wants the money back.
    #[business_key("claimid")]
    pub expense_claim v1 {
        check => { Complete => [budget, policy], Incomplete => refuse }

        budget => { Covered => [pay, release], Exceeded => refuse }
        policy => { Allowed => pay, Forbidden => [release, refuse] }

        pay => { Finished => done, failed => [release, refuse] }

        release when all[budget.Covered, any[policy.Forbidden, pay.failed]] => done,
        refuse when settled => done,
    }
}

/// The input: what the employee wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    /// Who paid.
    pub employee: String,
    /// What for.
    pub purpose: String,
    /// What kind of expense that is.
    pub category: String,
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

/// What the budget says.
#[events]
pub enum Budget {
    /// There is money left, and it was set aside.
    Covered,
    /// There is not enough.
    Exceeded,
}

/// Sets the money aside, so that nobody else spends it meanwhile. If there is not enough, its result is how much there
/// is, in cents.
#[step]
pub fn budget(Initial(claim): Initial<Claim>) -> Outcome<Budget, u64> {
    const LEFT_CENTS: u64 = 100_000;
    if claim.amount_cents <= LEFT_CENTS {
        Budget::Covered.into()
    } else {
        Budget::Exceeded.with(LEFT_CENTS)
    }
}

/// What the rules say.
#[events]
pub enum Policy {
    /// The company pays for this.
    Allowed,
    /// It doesn't.
    Forbidden,
}

/// Looks the category up in the rules. If they forbid it, its result is the rule.
#[step]
pub fn policy(Initial(claim): Initial<Claim>) -> Outcome<Policy, String> {
    match claim.category.as_str() {
        "travel" | "books" => Policy::Allowed.into(),
        other => Policy::Forbidden.with(format!("we don't pay for {other}")),
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

/// Gives the money that was set aside back to the budget.
#[step]
pub fn release(Initial(claim): Initial<Claim>, ctx: &Context) -> Finished {
    ctx.info("set free again", &[("cents", &claim.amount_cents)]);
    Finished
}

/// Tells the employee why there is no money.
#[step]
pub fn refuse(
    ResultOf(problems): ResultOf<check>,
    budget: Option<ResultOf<budget>>,
    policy: Option<ResultOf<policy>>,
) -> Outcome<Finished, Vec<String>> {
    let mut reasons = problems;
    if let Some(ResultOf(left_cents)) = budget {
        reasons.push(format!("there are only {left_cents} cents left"));
    }
    if let Some(ResultOf(rule)) = policy {
        reasons.push(rule);
    }
    if reasons.is_empty() {
        reasons.push("the bank didn't take it".into());
    }
    Finished.with(reasons)
}

#[cfg(test)]
mod tests;
