//! Words that nobody knows, most of them misspelt.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[busines_key("orderid")]
    #[requests(secret = "TOKEN")]
    order v1 {
        #[dedline("5s")]
        ship => bill,
        #[retry(exponentail = "1s")]
        bill => done,
    }
}

#[step(retries(never))]
fn ship() -> Finished {
    Finished
}

#[step(requests(htp = "https://stock.example"))]
fn bill() -> Finished {
    Finished
}

fn main() {}
