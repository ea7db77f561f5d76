//! What happened to an instance, for people: its journal as a story, each entry with its time.

use hephaestus_host::core::engine::{InstanceStatus, JournalEntry, Record, Usage};

use super::list::mark;
use super::receipts::consumed;
use super::story::{Story, Told, Tone};
use super::style::Style;
use super::text::{clock, date, duration, number, safe, wrap};
use crate::report::history::HistoryReport;
use crate::resolved::HistoryOptions;

/// What the page is made from.
pub(crate) struct Page<'a> {
    /// The facts.
    pub(crate) report: &'a HistoryReport,
    /// What was asked for.
    pub(crate) options: &'a HistoryOptions,
    /// How to mark text.
    pub(crate) style: Style,
    /// How wide a line may be.
    pub(crate) columns: usize,
}

impl Page<'_> {
    /// The page, with a line break at its end.
    pub(crate) fn render(&self) -> String {
        let mut sections = vec![self.headline(), self.facts(), self.story()];
        sections.push(self.next());
        sections.retain(|section| !section.is_empty());
        sections.join("\n\n") + "\n"
    }

    fn headline(&self) -> String {
        let style = self.style;
        let status = match &self.report.status {
            Ok(status) => {
                let text = format!("{} {status}", mark(*status));
                match status {
                    InstanceStatus::Completed => style.good(&text),
                    InstanceStatus::Failed => style.bad(&text),
                    _ => style.attention(&text),
                }
            }
            Err(_) => style.bad("! damaged"),
        };
        let name = self.report.created.business_id.to_string();
        format!("{}  {}", style.bold(&status), style.bold(&name))
    }

    fn facts(&self) -> String {
        let created = &self.report.created;
        let mut facts = vec![
            (
                "workflow",
                format!(
                    "{}, version {} ({})",
                    created.workflow,
                    created.version,
                    created.digest.short()
                ),
            ),
            ("instance", created.instance.to_string()),
            ("database", self.options.target.store.to_string()),
        ];
        if self.options.receipts {
            let heads = std::iter::once("consumed").chain(std::iter::repeat(""));
            facts.extend(heads.zip(consumed(&Usage::of(&self.report.journal))));
        }
        if let Err(reason) = &self.report.status {
            facts.push(("damaged", format!("its summary: {reason}")));
        }
        facts
            .iter()
            .map(|(name, value)| format!("  {}  {}", self.style.dim(&format!("{name:<8}")), safe(value)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn story(&self) -> String {
        let entries = self.report.entries();
        if entries.is_empty() {
            let last = self.report.journal.last().map_or(0, |entry| entry.seq);
            return format!(
                "  Nothing came after entry {}: the last one is {last}.",
                self.report.after
            );
        }
        let mut story = Story::new(self.options.receipts);
        let mut day = None;
        let mut lines = Vec::new();
        let mut journal = self.report.journal.iter().peekable();
        // What a step saves time and again is told once: the last time.
        let mut saves = 0_u64;
        while let Some(entry) = journal.next() {
            let told = story.tell(entry);
            if entry.seq <= self.report.after {
                continue;
            }
            saves += 1;
            if journal.peek().is_some_and(|next| is_more_of(entry, next)) {
                continue;
            }
            let today = date(entry.at);
            if day.as_ref() != Some(&today) {
                lines.push(format!("  {}", self.style.dim(&format!("{today} (UTC)"))));
                day = Some(today);
            }
            lines.extend(self.entry(entry, &told, saves));
            saves = 0;
        }
        lines.join("\n")
    }

    fn entry(&self, entry: &JournalEntry, told: &Told, saves: u64) -> Vec<String> {
        let begin = self.report.journal.first().map_or(entry.at, |first| first.at);
        let since = format!("+{}", duration(entry.at.since(begin)));
        let head = format!("  {:>4}  {}  {since:>11}  ", entry.seq, clock(entry.at));
        let indent = head.chars().count();
        let width = self.columns.saturating_sub(indent).max(24);
        let times = match saves {
            0 | 1 => String::new(),
            _ => format!("; the last of {} times in a row", number(saves)),
        };
        let mut lines = Vec::new();
        for (at, line) in wrap(&(told.text.clone() + &times), width).iter().enumerate() {
            let text = self.toned(line, told.tone);
            match at {
                0 => lines.push(format!("{}{text}", self.style.dim(&head))),
                _ => lines.push(format!("{:indent$}{text}", "")),
            }
        }
        for detail in &told.details {
            let wrapped = wrap(detail, width.saturating_sub(2));
            lines.extend(
                wrapped
                    .iter()
                    .map(|line| format!("{:indent$}  {}", "", self.style.dim(line))),
            );
        }
        lines
    }

    fn toned(&self, line: &str, tone: Tone) -> String {
        match tone {
            Tone::Plain => self.style.names(line),
            Tone::Good => self.style.good(line),
            Tone::Bad => self.style.bad(line),
            Tone::Attention => self.style.attention(line),
        }
    }

    /// What an operator can do about it.
    fn next(&self) -> String {
        if !self.report.is_retryable {
            return String::new();
        }
        let id = self.report.created.instance.to_string();
        let command = self.options.target.invocation.command(&["retry", &id]);
        format!(
            "  Once the cause is gone, to let it try again:\n    {}",
            self.style.bold(&safe(&command))
        )
    }
}

/// Whether the next entry is of the same step and says no more than that it saved again.
fn is_more_of(entry: &JournalEntry, next: &JournalEntry) -> bool {
    match (&entry.record, &next.record) {
        (
            Record::CheckpointSaved { step, attempt, .. },
            Record::CheckpointSaved {
                step: next_step,
                attempt: next_attempt,
                ..
            },
        ) => step == next_step && attempt == next_attempt,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
