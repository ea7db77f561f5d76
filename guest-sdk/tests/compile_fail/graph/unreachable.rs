//! No transition leads to a step.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        reserve => done,
        ship => bill,
        bill => done,
    }
}

#[step]
fn reserve() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

#[step]
fn bill() -> Finished {
    Finished
}

fn main() {}
