//! Something is larger than the host takes.

use hephaestus_guest::{Finished, step, workflow};

workflow! {
    #[metadata(owner = "shop", purpose_of_this_workflow_which_is_told_in_its_name_at_such_length_that_nobody_can_remember_it_let_alone_search_for_it_in_the_list_of_workflows = "long")]
    order v1 {
        reserve => done,
    }
}

#[step]
fn reserve() -> Finished {
    Finished
}

fn main() {}
