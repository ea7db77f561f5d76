//! Where it goes on after the last attempt is chosen by code.

use hephaestus_guest::{Context, Finished, StepError, Targets, step, to, workflow};

workflow! {
    order v1 {
        ship => { Finished => done, failed => choose carrier from [refund, apologise] }
        refund => done,
        apologise => done,
    }
}

fn carrier(_: &Context) -> Result<Targets, StepError> {
    Ok(to::<refund>())
}

#[step]
fn ship() -> Finished {
    Finished
}

#[step]
fn refund() -> Finished {
    Finished
}

#[step]
fn apologise() -> Finished {
    Finished
}

fn main() {}
