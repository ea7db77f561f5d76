//! `done` gets a transition of its own.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        reserve => done,
        done => reserve,
    }
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
