//! Joins that are none.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => [ship, bill], OutOfStock => [ship, file] }
        ship when al[reserve.Reserved, reserve.OutOfStock] => done,
        bill when every => done,
        file when any[reserve, reserve.OutOfStock] => done,
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

#[step]
fn file() -> Finished {
    Finished
}

fn main() {}
