//! A result that isn't there on all paths.

use hephaestus_guest::{Finished, Outcome, ResultOf, events, step, workflow};

workflow! {
    order v1 {
        validate => { Valid => reserve, Invalid => refuse }
        reserve => refuse,
        refuse when settled => done,
    }
}

#[step]
fn refuse(ResultOf(pieces): ResultOf<reserve>) -> Finished {
    assert!(pieces > 0);
    Finished
}

#[step]
fn reserve() -> Outcome<Finished, u32> {
    Finished.with(3)
}

#[events]
enum Validation {
    Valid,
    Invalid,
}

#[step]
fn validate() -> Validation {
    Validation::Valid
}

fn main() {}
