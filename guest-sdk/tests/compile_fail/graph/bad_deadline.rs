//! Deadlines that make no sense, at the step and in the table.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[deadline("soon")]
    order v1 {
        #[deadline("20 years")]
        reserve => ship,
        ship => done,
    }
}

#[step(deadline = "0s")]
fn ship() -> Finished {
    Finished
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
