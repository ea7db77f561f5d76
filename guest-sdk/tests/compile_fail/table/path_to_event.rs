//! An event with its enum.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Stock::Reserved => ship, Stock::OutOfStock => done }
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
