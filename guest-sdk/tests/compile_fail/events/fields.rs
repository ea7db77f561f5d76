//! Events with fields.

use hephaestus_guest::events;

#[events]
enum Stock {
    Reserved(u32),
    OutOfStock { since: u64 },
}

fn main() {}
