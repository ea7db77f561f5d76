//! `Option` doesn't help where a step doesn't lie before.

use hephaestus_guest::{Finished, Outcome, ResultOf, step, workflow};

workflow! {
    order v1 {
        ship => reserve,
        reserve => done,
    }
}

#[step]
fn ship(reserved: Option<ResultOf<reserve>>) -> Finished {
    assert!(reserved.is_none());
    Finished
}

#[step]
fn reserve() -> Outcome<Finished, u32> {
    Finished.with(3)
}

fn main() {}
