//! A step with parameters and without a name.

use hephaestus_guest::steps::WaitForEvent;
use hephaestus_guest::{events, workflow};

workflow! {
    order v1 {
        WaitForEvent<Answer>(None) => { Yes => done, No => done }
    }
}

#[events(accepts)]
enum Answer {
    Yes,
    No,
}

fn main() {}
