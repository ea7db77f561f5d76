//! A join that the steps before it never let become true.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => [ship, bill], OutOfStock => refund }
        ship => done,
        bill => refund,
        refund when all[reserve.OutOfStock, bill.Finished] => done,
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
fn refund() -> Finished {
    Finished
}

fn main() {}
