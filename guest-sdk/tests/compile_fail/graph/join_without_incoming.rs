//! The first step has a join.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        reserve when any => ship,
        ship => done,
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

fn main() {}
