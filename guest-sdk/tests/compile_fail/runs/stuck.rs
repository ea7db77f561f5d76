//! A combination of events after which nothing is left to do.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        validate => [reserve, charge],
        reserve => { Reserved => ship, OutOfStock => refuse }
        charge => { Finished => ship, failed => refuse }
        ship => done,
        refuse when all[reserve.OutOfStock, charge.failed] => done,
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
fn charge() -> Finished {
    Finished
}

#[step]
fn refuse() -> Finished {
    Finished
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
