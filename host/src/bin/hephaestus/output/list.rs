//! The instances of a store, for people: a line for each.

use hephaestus_host::core::engine::{InstanceFailure, InstanceStatus, Summary};
use hephaestus_host::core::{InstanceId, Timestamp};
use hephaestus_host::store::DamagedSummary;

use super::style::Style;
use super::text::{ago, clipped, one_line, safe};
use crate::report::list::{ListReport, Row};
use crate::resolved::ListOptions;

/// Why an instance failed takes at least so many columns, and where nothing says how many there are, at most so many.
const REASON_COLUMNS: (usize, usize) = (24, 120);

/// A business id that is longer doesn't move the columns of the others: a UUID with its key has no more, mostly.
const MAX_NAME_COLUMNS: usize = 48;

/// What the page is made from.
pub(crate) struct Page<'a> {
    /// The facts.
    pub(crate) report: &'a ListReport,
    /// What was asked for.
    pub(crate) options: &'a ListOptions,
    /// How to mark text.
    pub(crate) style: Style,
    /// How wide the terminal is; `None`: it is none.
    pub(crate) columns: Option<usize>,
    /// The wall clock.
    pub(crate) now: Timestamp,
}

/// What a line says, before it is aligned.
struct Line {
    instance: InstanceId,
    mark: (InstanceStatus, &'static str),
    business_id: String,
    workflow: String,
    since: String,
    reason: String,
}

impl Page<'_> {
    /// The page, with a line break at its end.
    pub(crate) fn render(&self) -> String {
        if self.report.rows.is_empty() {
            return self.nothing();
        }
        let lines: Vec<_> = self.report.rows.iter().map(|row| self.read(row)).collect();
        let readable = || lines.iter().filter_map(|line| line.as_ref().ok());
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let name = longest(&mut readable().map(|line| line.business_id.chars().count()));
        let workflow = longest(&mut readable().map(|line| line.workflow.chars().count()));
        let since = longest(&mut readable().map(|line| line.since.chars().count()));
        let widths = [name.clamp(11, MAX_NAME_COLUMNS), workflow.max(8), since.max(5)];
        let [w1, w2, _] = widths;
        let head = format!(
            "  {:<36}  {:<w1$}  {:<w2$}  {:<9}  SINCE",
            "INSTANCE", "BUSINESS ID", "WORKFLOW", "STATUS"
        );
        let mut page = format!("{}\n", self.style.dim(&head));
        for line in &lines {
            let text = match line {
                Ok(line) => self.line(line, widths),
                Err(damaged) => self.damaged(damaged),
            };
            page += text.trim_end();
            page.push('\n');
        }
        page + &self.more()
    }

    fn read<'a>(&self, row: &'a Row) -> Result<Line, &'a DamagedSummary> {
        match row {
            Row::Readable(summary) => Ok(Line {
                instance: summary.instance,
                mark: (summary.status, mark(summary.status)),
                business_id: summary.business_id.to_string(),
                workflow: format!("{} v{}", summary.workflow, summary.workflow_version),
                since: ago(since(summary), self.now),
                reason: summary.failure.as_ref().map(reason).unwrap_or_default(),
            }),
            Row::Damaged(damaged) => Err(damaged),
        }
    }

    fn line(&self, line: &Line, [w1, w2, w3]: [usize; 3]) -> String {
        let (status, mark) = line.mark;
        let style = self.style;
        let marked = |text: &str| match status {
            InstanceStatus::Completed => style.good(text),
            InstanceStatus::Failed => style.bad(text),
            InstanceStatus::Waiting | InstanceStatus::Cancelled => style.attention(text),
            InstanceStatus::Pending | InstanceStatus::Running => text.to_owned(),
        };
        let status = marked(&format!("{:<9}", status.as_str()));
        let Line {
            instance,
            business_id,
            workflow,
            since,
            ..
        } = line;
        let head = format!(
            "{} {instance}  {business_id:<w1$}  {workflow:<w2$}  {status}",
            marked(mark)
        );
        // Marks of colour have no width, so it is counted and not measured.
        let used = 2 + 36 + 2 + business_id.chars().count().max(w1) + 2 + w2 + 2 + 9 + 2 + w3 + 2;
        let room = match self.columns {
            Some(columns) => columns.saturating_sub(used).max(REASON_COLUMNS.0),
            None => REASON_COLUMNS.1,
        };
        format!("{head}  {since:<w3$}  {}", clipped(&line.reason, room))
    }

    fn damaged(&self, damaged: &DamagedSummary) -> String {
        let mark = self.style.bad("!");
        let text = format!("damaged: {}", one_line(&damaged.reason));
        format!("{mark} {}  {}", damaged.instance, self.style.bad(&text))
    }

    fn nothing(&self) -> String {
        let store = &self.options.store;
        let all = self.options.invocation.command(&["list"]);
        let text = match (self.options.filters.is_empty(), self.options.query.before) {
            (true, None) => format!("There is no instance in {store}.\n"),
            _ => format!("No such instance is in {store}. All of them:\n    {all}\n"),
        };
        safe(&text).into_owned()
    }

    fn more(&self) -> String {
        let Some(last) = self.report.next_before else {
            return String::new();
        };
        let command = self.options.next_page(&last.to_string());
        format!(
            "\n  There are older ones:\n    {}\n",
            self.style.bold(&safe(&command))
        )
    }
}

/// Since when it is as it is.
fn since(summary: &Summary) -> Timestamp {
    let own = summary.ended_at.or(summary.waiting_since);
    own.unwrap_or(summary.updated_at)
}

fn reason(failure: &InstanceFailure) -> String {
    let message = one_line(&failure.failure.message);
    match &failure.step {
        Some(step) => format!("{step}: {}: {message}", failure.failure.kind),
        None => format!("{}: {message}", failure.failure.kind),
    }
}

/// The mark of a status, the same everywhere.
pub(super) fn mark(status: InstanceStatus) -> &'static str {
    match status {
        InstanceStatus::Completed => "✓",
        InstanceStatus::Failed => "✗",
        InstanceStatus::Cancelled => "■",
        InstanceStatus::Pending | InstanceStatus::Running | InstanceStatus::Waiting => "…",
    }
}

#[cfg(test)]
mod tests;
