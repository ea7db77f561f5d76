//! `done` with what only steps have.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        reserve => ship,
        ship => done,
        done when all => reserve,
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
