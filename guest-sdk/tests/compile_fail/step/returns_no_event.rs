//! A step that returns something else than events.

use hephaestus_guest::step;

#[step]
fn ship() -> bool {
    true
}

fn main() {}
