//! Two configurations.

use hephaestus_guest::{Config, Finished, step};

#[step]
fn ship(_: Config<String>, _: Config<u32>) -> Finished {
    Finished
}

fn main() {}
