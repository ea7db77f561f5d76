//! Choices that are none.

use crate::bindings::hephaestus::workflow::checkpoint;
use crate::{input, spin};

pub fn transit() -> Vec<String> {
    let chosen = match input("transit").as_str() {
        "panic" => panic!("no way"),
        "spin" => spin(),
        "checkpoint" => return checkpoint::load().into_iter().collect(),
        "lie" => vec!["nowhere"],
        "rubbish" => vec!["Not A Name"],
        "nothing" => Vec::new(),
        _ => vec!["after"],
    };
    chosen.into_iter().map(Into::into).collect()
}
