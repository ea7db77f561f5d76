//! The step for cancelling has a part in the graph.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[on_cancel(release)]
    order v1 {
        reserve => ship,
        ship => release,
        release => done,
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

#[step]
fn release() -> Finished {
    Finished
}

fn main() {}
