//! A step leads back to one before it.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        validate => reserve,
        reserve => { Reserved => ship, OutOfStock => restock }
        restock => reserve,
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
fn validate() -> Finished {
    Finished
}

#[step]
fn restock() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
