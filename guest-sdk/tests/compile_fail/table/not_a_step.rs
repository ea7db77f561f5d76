//! A function that is no step.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        ship => bill,
        bill => done,
    }
}

fn bill() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
