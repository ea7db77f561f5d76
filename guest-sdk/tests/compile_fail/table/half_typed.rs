//! A table that is being written: what can be read of it is there, and each gap is told once.

use hephaestus_guest::steps::Wait;
use hephaestus_guest::{Finished, ResultOf, Step, step, workflow};

workflow! {
    pub order v1 {
        validate => [reserve, charge],
        reserve => ship,
        charg
        charge => pause,
        pause = Wait() => { Timeout => ship }
        ship when all[reserve.] => { Finished => }
        bill => 
    }
}

#[step]
fn validate() -> Finished {
    Finished
}

#[step]
fn reserve() -> Finished {
    Finished
}

#[step]
fn charge() -> Finished {
    Finished
}

#[step]
fn ship(_: Option<ResultOf<pause>>) -> Finished {
    Finished
}

fn main() {
    let _ = (order(), pause::NAME);
}
