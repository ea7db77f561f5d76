//! Steps that tell a ledger outside when they begin, work a while, and end as their input says: what the kill loop
//! (`tests/crash`) runs. The ledger outlives the hosts that are killed, and so knows what really began, and how often.
//!
//! ```text
//!          ,-> [some of left, middle, right] -> gather -.                            ,-> ship -.
//! begin --<                                              >-> ask --approved, timeout-<          >-> close -> done
//!          `--------------------straight----------------'     |                      `-> bill -'
//!                                                              `-rejected-> undo <-failed-'
//! ```
//!
//! `bill` is compensated by `undo`; nothing answers a failure of `ship` or `ask`: an operator retries the instance.

mod deed;

use std::time::Duration;

use hephaestus_guest::{
    Context, Finished, Initial, Outcome, StepError, StepResult, Targets, events, step, workflow,
};
use serde_json::Value;

pub use deed::{Deed, Plan};

workflow! {
    /// Fan-out, a choice, joins of three kinds, a wait, retries, compensation, a clean-up.
    #[business_key("entryid")]
    #[retry(constant = "20ms", attempts = 3)]
    #[on_cancel(tidy)]
    pub ledger_steps v1 {
        begin => { Spread => choose branches from [left, middle, right], Straight => ask }

        left => { Finished => gather, failed => gather }
        middle => { Finished => gather, failed => gather }
        right => { Finished => gather, failed => gather }
        gather when settled => ask,

        ask when any => { Approved => [ship, bill], Rejected => undo, Timeout => [ship, bill] }

        ship => close,
        bill => { Finished => close, failed => undo }
        close => done,
        undo when any => done,
        tidy => {}
    }
}

/// How it goes on.
#[events]
pub enum Begin {
    /// With some of the branches.
    Spread,
    /// With the question.
    Straight,
}

/// The answers to the question.
#[events(accepts)]
pub enum Answer {
    /// Go on.
    Approved,
    /// Don't.
    Rejected,
    /// Nobody answered in time.
    Timeout,
}

/// Begins.
#[step]
pub fn begin(Initial(plan): Initial<Plan>, ctx: &Context) -> StepResult<Begin, u32> {
    let attempt = plan.act(ctx)?;
    let event = match plan.branches.is_empty() {
        true => Begin::Straight,
        false => Begin::Spread,
    };
    Ok(event.with(attempt))
}

/// Which branches are taken.
pub fn branches(ctx: &Context) -> Result<Targets, StepError> {
    let plan: Plan = ctx.initial()?;
    let is_wanted = |name: &str| plan.branches.iter().any(|branch| branch == name);
    Ok(Targets::none()
        .and_if::<left>(is_wanted("left"))
        .and_if::<middle>(is_wanted("middle"))
        .and_if::<right>(is_wanted("right")))
}

/// Asks, and waits for the answer: for ever, or until its time is over.
#[step]
pub fn ask(Initial(plan): Initial<Plan>, ctx: &Context) -> StepResult<Answer, Value> {
    plan.act(ctx)?;
    Ok(match plan.patience_ms {
        None => Outcome::wait(),
        Some(patience_ms) => Outcome::wait_at_most(Duration::from_millis(patience_ms)),
    })
}

/// Steps that do as the input says, and no more.
macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            #[step]
            pub fn $name(Initial(plan): Initial<Plan>, ctx: &Context) -> StepResult<Finished, u32> {
                Ok(Finished.with(plan.act(ctx)?))
            }
        )*
    };
}

plain! {
    /// A branch.
    left
    /// Another branch.
    middle
    /// The third branch.
    right
    /// Joins the branches that were taken.
    gather
    /// Goes together with `bill`.
    ship
    /// Goes together with `ship`, and is undone.
    bill
    /// Joins `ship` and `bill`.
    close
    /// Undoes.
    undo
    /// Cleans up after a cancellation.
    tidy
}

#[cfg(test)]
mod tests;
