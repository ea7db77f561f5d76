//! The version is forgotten.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    pub order {
        ship => done,
    }
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
