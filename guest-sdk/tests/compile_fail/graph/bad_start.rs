//! A transition leads to the first step.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => ship, OutOfStock => wait_for_goods }
        ship => done,
        wait_for_goods => reserve,
    }
}

#[events]
enum Stock {
    Reserved,
    OutOfStock,
}

#[step]
fn reserve() -> Stock {
    Stock::Reserved
}

#[step]
fn ship() -> Finished {
    Finished
}

#[step]
fn wait_for_goods() -> Finished {
    Finished
}

fn main() {}
