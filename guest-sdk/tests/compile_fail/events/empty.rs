//! No events.

use hephaestus_guest::events;

#[events]
enum Stock {}

fn main() {}
