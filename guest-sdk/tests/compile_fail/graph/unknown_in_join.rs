//! A join names a transition that leads elsewhere, and a step that is misspelt.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => [ship, bill], OutOfStock => done }
        bill => ship,
        ship when all[reserve.OutOfStock, bil.Finished] => done,
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
fn bill() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
