//! What [`workflow!`](crate::workflow) has the compiler check of each step, as functions that are never called.

use crate::reads::Readable;
use crate::{Step, Workflow};

/// What a `workflow!` describes: implemented for the type that is named as its function.
pub trait Table {
    /// The graph.
    fn workflow() -> Workflow;
}

/// The step reads what it can read at its place in the workflow `W`.
pub fn reads_what_it_can<W, S: Step<Reads: Readable<W, S>>>() {}

/// The step works without a configuration.
pub fn needs_no_config<S: Step<Config: NoConfig>>() {}

/// A configuration that can be left out.
#[diagnostic::on_unimplemented(
    message = "the step needs a configuration of type `{Self}`",
    label = "needs a configuration",
    note = "write it behind the step's name, in parentheses: `remind(Channel::Mail) => …`"
)]
pub trait NoConfig {}

impl NoConfig for () {}

impl<T> NoConfig for Option<T> {}

impl NoConfig for serde_json::Value {}

/// Whether two names are the same, for the compiler.
pub const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
