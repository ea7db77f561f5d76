//! Policies that make no sense, at the step and in the table.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[retry(linear = "1s", attempts = 5000)]
    order v1 {
        #[retry(constant = "1s", attempts = 0)]
        reserve => ship,
        ship => done,
    }
}

#[step(retry(exponential = "2m", cap = "1m", jitter = 120))]
fn ship() -> Finished {
    Finished
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
