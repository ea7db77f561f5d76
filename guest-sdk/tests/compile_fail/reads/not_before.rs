//! The result of a step that runs beside the reader.

use hephaestus_guest::{Finished, Outcome, ResultOf, step, workflow};

workflow! {
    order v1 {
        validate => [reserve, charge],
        reserve => ship,
        charge => ship,
        ship => done,
    }
}

#[step]
fn charge(ResultOf(pieces): ResultOf<reserve>) -> Finished {
    assert!(pieces > 0);
    Finished
}

#[step]
fn reserve() -> Outcome<Finished, u32> {
    Finished.with(3)
}

#[step]
fn validate() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
