//! Hephaestus.
fn main() {}
