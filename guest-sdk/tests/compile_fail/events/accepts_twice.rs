//! `accepts` said twice.

use hephaestus_guest::events;

#[events(accepts)]
enum Approval {
    #[accepts]
    Approved,
}

fn main() {}
