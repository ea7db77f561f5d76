//! An enum that was not made events.

use hephaestus_guest::{StepError, step};

enum Stock {
    Reserved,
}

#[step]
fn reserve() -> Result<Stock, StepError> {
    Ok(Stock::Reserved)
}

fn main() {}
