//! The result of a step that the workflow doesn't have.

use hephaestus_guest::{Finished, Outcome, ResultOf, step, workflow};

workflow! {
    order v1 {
        validate => ship,
        ship => done,
    }
}

#[step]
fn ship(ResultOf(pieces): ResultOf<reserve>) -> Finished {
    assert!(pieces > 0);
    Finished
}

#[step]
fn reserve() -> Outcome<Finished, u32> {
    Finished.with(3)
}

#[step]
fn validate() -> Finished {
    Finished
}

fn main() {}
