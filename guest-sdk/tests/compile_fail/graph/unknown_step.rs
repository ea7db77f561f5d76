//! A target is misspelt, another is no step at all.

use hephaestus_guest::{Finished, events, step, workflow};

workflow! {
    order v1 {
        reserve => { Reserved => give_upp, OutOfStock => send_mail }
        give_up => done,
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
fn give_up() -> Finished {
    Finished
}

fn main() {}
