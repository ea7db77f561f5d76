//! Options that are said twice at one place.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[business_key("orderid")]
    #[business_key("orderid")]
    #[deadline("30d")]
    #[deadline("31d")]
    order v1 {
        #[retry(never)]
        #[retry(never)]
        ship => done,
    }
}

#[step(deadline = "5s", deadline = "6s")]
fn ship() -> Finished {
    Finished
}

fn main() {}
