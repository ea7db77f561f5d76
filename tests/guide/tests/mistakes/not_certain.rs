//! A result that is not always there.

use hephaestus_guest::{Finished, Outcome, ResultOf, events, step, workflow};

workflow! {
    expense_claim v1 {
        check => { Complete => [budget, policy], Incomplete => refuse }

        budget => { Covered => [pay, release], Exceeded => refuse }
        policy => { Allowed => pay, Forbidden => [release, refuse] }

        pay => { Finished => done, failed => [release, refuse] }

        release when all[budget.Covered, any[policy.Forbidden, pay.failed]] => done,
        refuse when settled => done,
    }
}

#[events]
enum Check {
    Complete,
    Incomplete,
}

#[step]
fn check() -> Check {
    Check::Complete
}

#[events]
enum Budget {
    Covered,
    Exceeded,
}

#[step]
fn budget() -> Budget {
    Budget::Covered
}

#[events]
enum Policy {
    Allowed,
    Forbidden,
}

#[step]
fn policy() -> Outcome<Policy, String> {
    Policy::Allowed.into()
}

#[step]
fn pay() -> Finished {
    Finished
}

#[step]
fn release() -> Finished {
    Finished
}

#[step]
fn refuse(ResultOf(_): ResultOf<policy>) -> Finished {
    Finished
}

fn main() {}
