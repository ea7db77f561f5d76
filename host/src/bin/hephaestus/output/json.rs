//! How it came out, for programs: one JSON object on one line. Its fields are a public interface: fields may be added,
//! none renamed. Instants are milliseconds since 1970, spans say their unit.
//!
//! One file for each subcommand; what a command says that could not do its work is the same for all.

pub(crate) mod check;
pub(crate) mod delete;
pub(crate) mod graph;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod receipts;
pub(crate) mod run;
pub(crate) mod store;

use hephaestus_host::core::InstanceId;
use serde::Serialize;

use super::json_text;
use crate::error::CommandError;

#[derive(Serialize)]
struct ErrorObject<'a> {
    error: Problem<'a>,
}

#[derive(Serialize)]
struct Problem<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<InstanceId>,
}

/// The object for a command that failed.
pub(crate) fn error(error: &CommandError) -> serde_json::Result<String> {
    problem(error.exit().name(), &error.to_string(), error.instance())
}

/// The object for a command that failed, from its parts.
pub(crate) fn problem(
    code: &'static str,
    message: &str,
    instance: Option<InstanceId>,
) -> serde_json::Result<String> {
    line(&ErrorObject {
        error: Problem {
            code,
            message,
            instance,
        },
    })
}

fn line(object: &impl Serialize) -> serde_json::Result<String> {
    let mut text = json_text::compact(&serde_json::to_string(object)?);
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests;
