//! A group of a join is empty.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        validate => [reserve, charge],
        reserve => ship,
        charge => ship,
        ship when all[reserve.Finished, any[]] => done,
    }
}

#[step]
fn validate() -> Finished {
    Finished
}

#[step]
fn reserve() -> Finished {
    Finished
}

#[step]
fn charge() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
