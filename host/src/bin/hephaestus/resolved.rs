//! The command line as it is meant: every word read, every file opened. Whatever is wrong with a command line by
//! itself is found here, before anything is created.
//!
//! One file for each subcommand, and one for each kind of word that several of them share.

pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod code_cache;
mod component;
pub(crate) mod delete;
pub(crate) mod graph;
pub(crate) mod history;
mod instance;
pub(crate) mod list;
pub(crate) mod new;
mod operate;
pub(crate) mod receipts;
pub(crate) mod retry;
pub(crate) mod run;
mod store;
pub(crate) mod store_command;
mod words;

pub(crate) use cancel::CancelOptions;
pub(crate) use check::CheckOptions;
pub(crate) use delete::DeleteOptions;
pub(crate) use graph::GraphOptions;
pub(crate) use history::HistoryOptions;
pub(crate) use instance::{IdPrefix, InstanceName};
pub(crate) use list::ListOptions;
pub(crate) use operate::{Following, Target};
pub(crate) use receipts::ReceiptsOptions;
pub(crate) use retry::RetryOptions;
pub(crate) use run::{EventToSend, RunOptions};
pub(crate) use store::{StoreChoice, StoreFile};
pub(crate) use store_command::{StoreOptions, StoreTask};
