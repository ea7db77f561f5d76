//! What the step says already.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        #[retry(never)]
        #[deadline("1s")]
        #[requests(secret = "TOKEN")]
        ship => done,
    }
}

#[step(retry(constant = "1s"), deadline = "5s", requests(secret = "TOKEN"))]
fn ship() -> Finished {
    Finished
}

fn main() {}
