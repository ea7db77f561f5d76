//! A join asks for two events of the same step.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => ship, OutOfStock => ship }
        ship when all[reserve.Reserved, reserve.OutOfStock] => done,
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
