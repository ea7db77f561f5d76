//! Values that are none.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[business_key("orderid", unique = everywhere)]
    #[deadline(30)]
    order v1 {
        #[retry(attempts = 3)]
        ship => bill,
        #[retry(never, attempts = 3)]
        bill => file,
        #[retry(constant = "1s", linear = "1s")]
        file => done,
    }
}

#[step(deadline = "5 parsecs")]
fn ship() -> Finished {
    Finished
}

#[step(requests())]
fn bill() -> Finished {
    Finished
}

#[step(requests(secret))]
fn file() -> Finished {
    Finished
}

fn main() {}
