//! The result of a function that is no step.

use hephaestus_guest::{Finished, ResultOf, step};

fn reserve() -> Finished {
    Finished
}

#[step]
fn ship(_: ResultOf<reserve>) -> Finished {
    reserve()
}

fn main() {}
