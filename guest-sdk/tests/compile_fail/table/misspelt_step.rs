//! A step that doesn't exist.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        ship => bil,
        bil => done,
    }
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
