//! The step for cancelling isn't in the table.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[on_cancel(release)]
    order v1 {
        reserve => done,
    }
}

#[step]
fn reserve() -> Finished {
    Finished
}

#[step]
fn release() -> Finished {
    Finished
}

fn main() {}
