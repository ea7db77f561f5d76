//! Two events that differ in their case only.

use hephaestus_guest::{events, step, workflow};

workflow! {
    order v1 {
        reserve => { OutOfStock => done, Out_of_stock => done }
    }
}

#[events]
enum Stock {
    OutOfStock,
    Out_of_stock,
}

#[step]
fn reserve() -> Stock {
    Stock::OutOfStock
}

fn main() {}
