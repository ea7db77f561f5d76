//! The targets: one file for each.

mod component;
mod definition;
mod journal;
mod manifest;
mod payload;

use crate::target::Target;

/// All of them, in the order in which they run.
pub const ALL: [Target; 5] = [
    component::TARGET,
    definition::TARGET,
    manifest::TARGET,
    journal::TARGET,
    payload::TARGET,
];

/// Runs one input in the target of this name.
///
/// # Panics
///
/// If something doesn't hold; or if there is no such target.
pub fn run(name: &str, input: &[u8]) {
    let target = ALL.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("there is no target {name:?}"));
    (target.run)(input);
}
