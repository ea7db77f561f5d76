//! The result of a type that is no step.

use hephaestus_guest::{Finished, ResultOf, step};

struct Reserve;

#[step]
fn ship(_: ResultOf<Reserve>) -> Finished {
    Finished
}

fn main() {}
