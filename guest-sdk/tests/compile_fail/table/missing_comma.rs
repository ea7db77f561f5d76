//! A comma is missing.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        validate => reserve
        reserve => done,
    }
}

#[step]
fn validate() -> Finished {
    Finished
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
