//! A step has no events.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        reserve => ship,
        ship => {}
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
