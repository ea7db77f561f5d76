//! `_` for all other events.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => ship, _ => done }
        ship => done,
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

fn main() {}
