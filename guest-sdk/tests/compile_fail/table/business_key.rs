//! A business key that isn't kebab-case.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[business_key("orderId")]
    order v1 {
        ship => done,
    }
}

#[step]
fn ship() -> Finished {
    Finished
}

fn main() {}
