//! A guest that does what a guest should not do. Which misdeed it commits:
//!
//! - in `execute` and `transit`: what the input of the instance says, `{"misdeed": "loop"}`;
//! - in `describe`, which has no input: what `MODE` there says, which tests overwrite in the component's bytes.
//!
//! ```text
//! act --acted--> after --finished--> done
//! act --chosen--> (after | done)            chosen by `transit`
//! ```
//!
//! Without a misdeed the guest is harmless, and tells how often its instance was called.

mod describe;
mod execute;
mod look_around;
mod sockets;
mod transit;
mod world;

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "workflow" });
}

use bindings::exports::hephaestus::workflow::definition::{self, WorkflowDefinition};
use bindings::exports::hephaestus::workflow::routing;
use bindings::exports::hephaestus::workflow::steps::{self, Outcome, StepError};

struct Hostile;

#[cfg(target_family = "wasm")]
bindings::export!(Hostile with_types_in bindings);

impl definition::Guest for Hostile {
    fn describe() -> WorkflowDefinition {
        describe::describe()
    }
}

impl routing::Guest for Hostile {
    fn transit(_step: String, _event: String) -> Vec<String> {
        transit::transit()
    }
}

impl steps::Guest for Hostile {
    fn execute(step: String) -> Result<Outcome, StepError> {
        execute::execute(&step)
    }
}

/// The text of a string in the flat input of the instance; empty if there is none.
fn input(key: &str) -> String {
    let input = bindings::hephaestus::workflow::context::initial();
    let value = input
        .split_once(&format!("\"{key}\""))
        .map_or("", |(_, rest)| rest);
    value.split('"').nth(1).unwrap_or_default().to_owned()
}

/// Computes without end.
fn spin() -> ! {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

/// Asks for memory without end.
fn hoard() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}
