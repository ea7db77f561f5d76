//! A method.

use hephaestus_guest::{Finished, step};

struct Ship;

#[step]
impl Ship {
    fn run(&self) -> Finished {
        Finished
    }
}

fn main() {}
