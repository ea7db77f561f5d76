//! Something else than a function.

use hephaestus_guest::step;

#[step]
struct Ship;

fn main() {}
