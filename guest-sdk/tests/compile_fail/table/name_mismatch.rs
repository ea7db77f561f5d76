//! A step by hand, whose name is another one.

use hephaestus_guest::{Context, Finished, Step, StepResult, workflow};

workflow! {
    order v1 {
        Ship => done,
    }
}

enum Ship {}

impl Step for Ship {
    const NAME: &'static str = "send-parcel";
    type Event = Finished;
    type Output = ();
    type Config = ();
    type Reads = ();

    fn run(_: &Context) -> StepResult<Finished> {
        Ok(Finished.into())
    }
}

fn main() {}
