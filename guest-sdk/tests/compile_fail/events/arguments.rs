//! Arguments that there are not.

use hephaestus_guest::events;

#[events(accept)]
enum Approval {
    Approved,
}

fn main() {}
