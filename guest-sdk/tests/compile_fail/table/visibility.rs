//! A visibility where a step has its own.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        pub ship => done,
    }
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
