//! Requests that nobody could grant, at the step and in the table.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    order v1 {
        #[requests(secret = "1ST TOKEN")]
        reserve => ship,
        ship => done,
    }
}

#[step(requests(http = "stock.example", private_http = "http://ledger.internal:0", http = "https://a.example", http = "https://a.example"))]
fn ship() -> Finished {
    Finished
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
