//! `hephaestus list`, as meant.

use std::ffi::OsStr;

use hephaestus_host::core::WorkflowName;
use hephaestus_host::core::engine::InstanceStatus;
use hephaestus_host::store::Query;

use super::instance::read_id;
use super::store::{StoreFile, read_store_file};
use crate::args::{ListArgs, StatusWord};
use crate::invocation::Invocation;
use crate::usage::UsageError;

/// What `hephaestus list` is to do.
#[derive(Debug)]
pub(crate) struct ListOptions {
    /// Which instances.
    pub(crate) query: Query,
    /// Where they are kept.
    pub(crate) store: StoreFile,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
    /// The words that narrow the list: the next page has them, too.
    pub(crate) filters: Vec<String>,
    /// How to go on from here.
    pub(crate) invocation: Invocation,
}

impl ListOptions {
    /// The command for the page that comes after `last`.
    pub(crate) fn next_page(&self, last: &str) -> String {
        let mut words = vec!["list"];
        words.extend(self.filters.iter().map(String::as_str));
        words.extend(["--before", last]);
        self.invocation.command(&words)
    }
}

/// Makes sense of what was typed.
pub(crate) fn resolve(args: &ListArgs, program: &OsStr) -> Result<ListOptions, UsageError> {
    let workflow = args.workflow.as_deref().map(read_workflow).transpose()?;
    let before = args.before.as_deref();
    let before = before.map(|text| read_id("--before", text)).transpose()?;
    Ok(ListOptions {
        query: Query {
            workflow,
            statuses: args.status.iter().copied().flat_map(statuses).collect(),
            before,
            limit: args.limit.into(),
            ..Query::default()
        },
        store: read_store_file(&args.store.store)?,
        json: args.store.json,
        filters: filters(args),
        invocation: Invocation::new(program, &args.store.store),
    })
}

pub(super) fn read_workflow(text: &str) -> Result<WorkflowName, UsageError> {
    WorkflowName::new(text).map_err(|_| {
        UsageError::new(
            "--workflow",
            format!("{text:?}"),
            "the name of a workflow, in kebab-case",
            "like --workflow order-flow",
        )
    })
}

fn statuses(word: StatusWord) -> Vec<InstanceStatus> {
    match word {
        StatusWord::Pending => vec![InstanceStatus::Pending],
        StatusWord::Running => vec![InstanceStatus::Running],
        StatusWord::Waiting => vec![InstanceStatus::Waiting],
        StatusWord::Completed => vec![InstanceStatus::Completed],
        StatusWord::Failed => vec![InstanceStatus::Failed],
        StatusWord::Cancelled => vec![InstanceStatus::Cancelled],
        StatusWord::Active => vec![
            InstanceStatus::Pending,
            InstanceStatus::Running,
            InstanceStatus::Waiting,
        ],
    }
}

fn filters(args: &ListArgs) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(workflow) = &args.workflow {
        words.extend(["--workflow".to_owned(), workflow.clone()]);
    }
    if !args.status.is_empty() {
        words.push("--status".to_owned());
        let names = args.status.iter().filter_map(clap::ValueEnum::to_possible_value);
        words.extend(names.map(|name| name.get_name().to_owned()));
    }
    if args.limit != 50 {
        words.extend(["--limit".to_owned(), args.limit.to_string()]);
    }
    words
}
