//! `cargo xtask fuzz`: see [`hephaestus_fuzz`].

use std::process::ExitCode;

use hephaestus_fuzz::worker::{Allocator, allocator};
use hephaestus_fuzz::{command, targets};

#[global_allocator]
static ALLOCATOR: Allocator = allocator();

fn main() -> ExitCode {
    command::main(&targets::ALL, &ALLOCATOR)
}
