//! A version that isn't one.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    pub order 1.0 {
        ship => done,
    }
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
