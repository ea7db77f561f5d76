//! A step stands in the table twice.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        reserve => ship,
        ship => reserve_more,
        reserve_more => done,
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

#[step]
fn reserve_more() -> Finished {
    Finished
}

fn main() {}
