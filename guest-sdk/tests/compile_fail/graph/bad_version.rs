//! Versions are counted from 1.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v0 {
        reserve => done,
    }
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
