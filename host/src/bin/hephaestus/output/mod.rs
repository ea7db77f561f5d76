//! What people and programs read. Everything here is a pure function from facts to text, except [`progress`] and
//! [`mod@print`], which write.

pub(crate) mod check;
pub(crate) mod delete;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod json;
mod json_text;
pub(crate) mod lines;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod outcome;
pub(crate) mod print;
pub(crate) mod progress;
pub(crate) mod receipts;
pub(crate) mod store;
mod story;
pub(crate) mod style;
pub(crate) mod text;

#[cfg(test)]
pub(crate) mod fixtures;
