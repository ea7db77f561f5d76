//! A reference to something else than the context.

use hephaestus_guest::{Finished, step};

#[step]
fn ship(order: &str) -> Finished {
    assert!(!order.is_empty());
    Finished
}

fn main() {}
