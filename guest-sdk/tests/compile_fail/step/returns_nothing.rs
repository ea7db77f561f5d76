//! A step that returns nothing.

use hephaestus_guest::step;

#[step]
fn ship() {}

fn main() {}
