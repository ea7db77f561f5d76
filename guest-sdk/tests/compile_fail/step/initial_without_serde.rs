//! An input that can't be read.

use hephaestus_guest::{Finished, Initial, step};

struct Order;

#[step]
fn reserve(_: Initial<Order>) -> Finished {
    Finished
}

fn main() {}
