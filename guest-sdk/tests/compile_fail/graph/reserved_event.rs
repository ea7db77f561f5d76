//! `failed` is the host's.

use hephaestus_guest::{events, step, workflow};

workflow! {
    order v1 {
        ship => { Shipped => done, Failed => done }
    }
}

#[events]
enum Shipment {
    Shipped,
    Failed,
}

#[step]
fn ship() -> Shipment {
    Shipment::Shipped
}

fn main() {}
