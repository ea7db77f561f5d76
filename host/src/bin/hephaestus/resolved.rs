//! The command line as it is meant: every word read, every file opened. Whatever is wrong with a command line by
//! itself is found here, before anything is created.
//!
//! One file for each subcommand, and one for each kind of word that several of them share.

pub(crate) mod check;
mod component;
pub(crate) mod graph;
pub(crate) mod new;
pub(crate) mod run;
mod store;
mod words;

pub(crate) use check::CheckOptions;
pub(crate) use graph::GraphOptions;
pub(crate) use run::{EventToSend, RunOptions};
pub(crate) use store::StoreChoice;
