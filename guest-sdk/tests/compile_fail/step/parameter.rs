//! A parameter that a step doesn't get.

use hephaestus_guest::{Finished, step};

#[step]
fn ship(order: String) -> Finished {
    drop(order);
    Finished
}

fn main() {}
