//! A configuration that the step doesn't take.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        remind("mail") => done,
    }
}

#[step]
fn remind() -> Finished {
    Finished
}

fn main() {}
