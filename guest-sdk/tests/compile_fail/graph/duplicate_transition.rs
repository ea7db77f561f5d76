//! An event leads somewhere twice.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => ship, OutOfStock => done, Reserved => bill }
        ship => done,
        bill => done,
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
fn bill() -> Finished {
    Finished
}

fn main() {}
