//! Names that the host doesn't take.

use hephaestus_guest::events;

#[events]
enum Stock {
    Verfügbar,
    Failed,
}

fn main() {}
