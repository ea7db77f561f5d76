//! A workflow without steps.

use hephaestus_guest::workflow;

workflow! {
    order v1 {}
}

fn main() {
    order();
}
