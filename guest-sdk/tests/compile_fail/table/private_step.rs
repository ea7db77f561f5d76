//! Another name that more can see than the step.

use hephaestus_guest::{Config, Finished, step, workflow};

workflow! {
    pub order v1 {
        mail = notify(1) => done,
    }
}

#[step]
fn notify(Config(channel): Config<u32>) -> Finished {
    assert!(channel > 0);
    Finished
}

fn main() {}
