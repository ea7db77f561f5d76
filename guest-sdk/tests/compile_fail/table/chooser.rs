//! A function that doesn't choose.

use hephaestus_guest::{Context, Finished, step, workflow};

workflow! {
    order v1 {
        pick => choose channels from [mail, post],
        mail => done,
        post => done,
    }
}

fn channels(_: &Context) -> bool {
    true
}

#[step]
fn pick() -> Finished {
    Finished
}

#[step]
fn mail() -> Finished {
    Finished
}

#[step]
fn post() -> Finished {
    Finished
}

fn main() {}
