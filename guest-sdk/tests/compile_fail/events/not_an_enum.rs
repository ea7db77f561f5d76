//! Something else than an enum.

use hephaestus_guest::events;

#[events]
struct Stock;

fn main() {}
