//! A generic step.

use hephaestus_guest::{Finished, Initial, step};

#[step]
fn ship<T>(order: Initial<T>) -> Finished {
    drop(order);
    Finished
}

fn main() {}
