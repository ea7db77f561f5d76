//! A result that can't be stored.

use hephaestus_guest::{Finished, StepResult, step};

struct Reservation;

#[step]
fn reserve() -> StepResult<Finished, Reservation> {
    Ok(Finished.with(Reservation))
}

fn main() {}
