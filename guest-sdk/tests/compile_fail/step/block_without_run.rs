//! An impl block without the code.

use hephaestus_guest::step;

struct Ship;

#[step]
impl Ship {
    fn ship() {}
}

fn main() {}
