//! A step that is async.

use hephaestus_guest::{Finished, step};

#[step]
async fn ship() -> Finished {
    Finished
}

fn main() {}
