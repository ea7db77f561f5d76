//! Generic events.

use hephaestus_guest::events;

#[events]
enum Stock<T> {
    Reserved,
    OutOfStock(T),
}

fn main() {}
