//! `allow_stuck` where nothing gets stuck.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[allow_stuck("nobody orders when nothing is there")]
    order v1 {
        reserve => done,
    }
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
