//! How it came out, for people: a page of 80 columns that begins with the answer.

use hephaestus_host::core::engine::{FailureKind, InstanceStatus};
use hephaestus_host::core::{Json, StepRef, Timestamp};

use super::json_text;
use super::style::Style;
use super::text::{WIDTH, alternatives, count, duration, indented, instant, safe};
use crate::commands::Ending;
use crate::invocation::Invocation;
use crate::report::{FailedAttempt, Report, StepReport, StepStatus, UntakenEvent, WaitingStep};
use crate::resolved::StoreChoice;

/// A result is shown up to this many lines; `--json` has all of it.
const MAX_RESULT_LINES: usize = 24;

/// The column of step names is at most this wide.
const MAX_STEP_COLUMNS: usize = 24;

/// The column of events is at most this wide.
const MAX_EVENT_COLUMNS: usize = 20;

/// What the page is made from.
pub(crate) struct Page<'a> {
    /// The facts.
    pub(crate) report: &'a Report,
    /// Why the command ends.
    pub(crate) ending: Ending,
    /// How to repeat the command.
    pub(crate) invocation: &'a Invocation,
    /// What the attempt that failed for good wrote last.
    pub(crate) output: &'a [String],
    /// How to mark text.
    pub(crate) style: Style,
    /// The wall clock, to say how long something has been going on.
    pub(crate) now: Timestamp,
}

impl Page<'_> {
    /// The page, with a line break at its end.
    pub(crate) fn render(&self) -> String {
        let mut sections = vec![self.headline(), self.facts(), self.steps()];
        sections.push(self.failure());
        sections.push(self.results());
        sections.push(self.waiting());
        sections.push(self.events());
        sections.push(self.next());
        sections.retain(|section| !section.is_empty());
        let mut page = sections.join("\n\n");
        page.push('\n');
        page
    }

    fn headline(&self) -> String {
        let style = self.style;
        let status = self.report.status;
        let word = match (self.ending, status) {
            (Ending::Interrupted, _) => style.attention("■ interrupted"),
            (_, InstanceStatus::Completed) => style.good("✓ completed"),
            (_, InstanceStatus::Failed) => style.bad("✗ failed"),
            (_, InstanceStatus::Cancelled) => style.attention("■ cancelled"),
            (_, InstanceStatus::Waiting) => style.attention("… waiting"),
            (_, InstanceStatus::Pending | InstanceStatus::Running) => style.attention("… running"),
        };
        format!(
            "{}  {}",
            style.bold(&word),
            style.bold(&self.report.business_id.to_string())
        )
    }

    fn facts(&self) -> String {
        let report = self.report;
        let database = match &report.store {
            StoreChoice::Memory => "memory (gone when this command ends)".to_owned(),
            StoreChoice::Sqlite(path) => safe(&path.display().to_string()).into_owned(),
        };
        let mut facts = vec![
            (
                "workflow",
                format!(
                    "{}, version {} ({})",
                    report.workflow,
                    report.version,
                    report.digest.short()
                ),
            ),
            ("instance", report.instance.to_string()),
            ("database", database),
        ];
        if report.status.is_terminal() {
            facts.push(("took", duration(report.took)));
        }
        if let Some(reason) = &report.cancel_reason {
            facts.push(("reason", safe(reason).into_owned()));
        }
        facts
            .iter()
            .map(|(name, value)| format!("  {}  {value}", self.style.dim(&format!("{name:<8}"))))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn steps(&self) -> String {
        let steps = &self.report.steps;
        let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
        let columns = Columns {
            step: longest(&mut steps.iter().map(|s| s.step.as_str().len())).clamp(4, MAX_STEP_COLUMNS),
            event: longest(&mut steps.iter().map(|s| event_text(s).chars().count()))
                .clamp(5, MAX_EVENT_COLUMNS),
        };
        let (_, head) = columns.row("STEP", "EVENT", ["ATTEMPTS", "RAN", "WAITED"]);
        let mut lines = vec![self.style.dim(&format!("    {head}"))];
        for step in steps {
            lines.extend(self.step_lines(step, &columns));
        }
        if !self.report.not_needed.is_empty() {
            let names = self
                .report
                .not_needed
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>();
            let text = format!("not needed: {}", names.join(", "));
            lines.extend(indented(&text, 4).iter().map(|line| self.style.dim(line)));
        }
        lines.join("\n")
    }

    fn step_lines(&self, step: &StepReport, columns: &Columns) -> Vec<String> {
        let attempts = if step.attempts == 0 {
            "-".to_owned()
        } else {
            step.attempts.to_string()
        };
        let ran = if step.attempts == step.lost {
            "-".to_owned()
        } else {
            duration(step.ran)
        };
        let waited = match (step.waited, step.waiting_since) {
            (_, Some(since)) => duration(step.waited.unwrap_or_default() + self.now.since(since)),
            (Some(waited), None) => duration(waited),
            (None, None) => "-".to_owned(),
        };
        let (own_line, row) = columns.row(step.step.as_str(), &event_text(step), [&attempts, &ran, &waited]);
        let mark = self.mark(step.status);
        let mut lines = match own_line {
            Some(name) => vec![format!("  {mark} {name}"), format!("    {row}")],
            None => vec![format!("  {mark} {row}")],
        };
        if step.lost > 0 {
            let text = format!(
                "      {} lost: its host ended, and it ran again",
                count(step.lost, "attempt")
            );
            lines.push(self.style.dim(&text));
        }
        let shown_below = self
            .report
            .failure
            .as_ref()
            .and_then(|failure| failure.step.as_ref());
        for failed in &step.failures {
            let is_the_failure = failed.pause.is_none() && shown_below == Some(&step.step);
            if !is_the_failure {
                lines.extend(attempt_lines(failed).iter().map(|line| self.style.dim(line)));
            }
        }
        lines
    }

    fn mark(&self, status: StepStatus) -> String {
        match status {
            StepStatus::Completed => self.style.good("✓"),
            StepStatus::Failed => self.style.bad("✗"),
            StepStatus::Ready | StepStatus::Waiting | StepStatus::Retrying => self.style.attention("…"),
            StepStatus::Stopped => self.style.dim("■"),
        }
    }

    fn failure(&self) -> String {
        let Some(failed) = &self.report.failure else {
            return String::new();
        };
        let at = match &failed.step {
            Some(step) => format!("  {} failed: {}", step, failed.failure.kind),
            None => format!("  the instance failed: {}", failed.failure.kind),
        };
        let mut lines = vec![self.style.bad(&at)];
        lines.extend(indented(&failed.failure.message, 4));
        if !self.output.is_empty() {
            lines.push(String::new());
            lines.push("  it wrote:".to_owned());
            lines.extend(
                self.output
                    .iter()
                    .map(|line| self.style.dim(&format!("    {line}"))),
            );
        }
        lines.join("\n")
    }

    fn results(&self) -> String {
        let results = &self.report.results;
        if results.is_empty() {
            return String::new();
        }
        let longest = results.iter().map(|(step, _)| step.as_str().len()).max();
        let column = longest.unwrap_or_default().min(MAX_STEP_COLUMNS);
        let lines = results
            .iter()
            .flat_map(|(step, result)| self.result(step, result, column));
        let head = self.style.dim("  RESULTS");
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// A result beside its step where it fits, else in lines below it.
    fn result(&self, step: &StepRef, result: &Json, column: usize) -> Vec<String> {
        let one_line = format!("  {step:<column$}  {}", safe(&json_text::spaced(result.as_str())));
        if one_line.chars().count() <= WIDTH {
            return vec![one_line];
        }
        let text = json_text::pretty(result.as_str());
        let safe = safe(&text);
        let mut lines = vec![format!("  {step}")];
        lines.extend(
            safe.lines()
                .take(MAX_RESULT_LINES)
                .map(|line| format!("    {line}")),
        );
        let more = safe.lines().count().saturating_sub(MAX_RESULT_LINES);
        if more > 0 {
            lines.push(
                self.style
                    .dim(&format!("    … {more} more lines (--json has all)")),
            );
        }
        lines
    }

    fn waiting(&self) -> String {
        let waiting = &self.report.waiting_for;
        if waiting.is_empty() || self.report.status.is_terminal() {
            return String::new();
        }
        let sentence = |step: &WaitingStep| waiting_sentence(step, self.now);
        let lines = waiting
            .iter()
            .flat_map(|step| indented(&sentence(step), 2))
            .map(|line| self.style.attention(&line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What became of events that no step has taken: nothing that was accepted goes without a word.
    fn events(&self) -> String {
        let sentence = |event: &UntakenEvent| match event.is_undelivered {
            true => format!("The event `{}` was accepted, and no step took it.", event.name()),
            false => format!("The event `{}` is kept until a step waits for it.", event.name()),
        };
        let lines = self
            .report
            .untaken_events
            .iter()
            .flat_map(|event| indented(&sentence(event), 2))
            .map(|line| self.style.attention(&line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What to do next, where something is left to do.
    fn next(&self) -> String {
        let report = self.report;
        if report.status.is_terminal() {
            return match report.status {
                InstanceStatus::Failed => self.next_after_failure(),
                _ => String::new(),
            };
        }
        if report.store == StoreChoice::Memory {
            let text = "It was kept in memory and is gone now. To go on with instances later, keep \
                        them in a file: --store sqlite:PATH";
            return indented(text, 2).join("\n");
        }
        match report
            .waiting_for
            .first()
            .filter(|_| self.ending == Ending::Waiting)
        {
            Some(step) => self.next_event(step),
            None => self.command("To go on:", &self.invocation.with_id(&report.id)),
        }
    }

    fn next_event(&self, step: &WaitingStep) -> String {
        let Some(event) = step.events.first() else {
            return self.command("To go on:", &self.invocation.with_id(&self.report.id));
        };
        let shared = self
            .report
            .waiting_for
            .iter()
            .filter(|other| other.events.contains(event))
            .count()
            > 1;
        let event = if shared {
            format!("{}.{event}", step.step)
        } else {
            event.to_string()
        };
        let command = self.invocation.with_event(&self.report.id, &event);
        self.command("To send an event (a payload goes behind it, as =JSON):", &command)
    }

    fn next_after_failure(&self) -> String {
        let again = self.invocation.again(&self.report.business_id.value.to_string());
        let kind = self.report.failure.as_ref().map(|failed| failed.failure.kind);
        // What is gone, or stuck, can't be tried again.
        if self.report.store == StoreChoice::Memory || kind == Some(FailureKind::Stuck) {
            let text = "Nothing of it runs any more. Once the cause is gone, start a new instance; the same \
                        --id can be used again:";
            return self.command(text, &again);
        }
        let retry = self
            .invocation
            .command(&["retry", &self.report.instance.to_string()]);
        let text = "Nothing of it runs any more. Once the cause is gone, it can go on where it failed:";
        let other = "or a new instance can be started; the same --id can be used again:";
        format!("{}\n{}", self.command(text, &retry), self.command(other, &again))
    }

    fn command(&self, what: &str, command: &str) -> String {
        let mut lines = indented(what, 2);
        lines.push(format!("    {}", self.style.bold(&safe(command))));
        lines.join("\n")
    }
}

/// The widths of the two columns that depend on what is in them.
struct Columns {
    step: usize,
    event: usize,
}

impl Columns {
    /// A row; a name that is too long is handed back, to get a line of its own.
    fn row<'a>(
        &self,
        step: &'a str,
        event: &str,
        [attempts, ran, waited]: [&str; 3],
    ) -> (Option<&'a str>, String) {
        let (own_line, step) = if step.chars().count() > self.step {
            (Some(step), "")
        } else {
            (None, step)
        };
        let (w1, w2) = (self.step, self.event);
        let row = format!("{step:<w1$}  {event:<w2$}  {attempts:>8}  {ran:>9}  {waited:>11}");
        (own_line, row)
    }
}

fn event_text(step: &StepReport) -> String {
    match (&step.event, step.status) {
        (Some(event), StepStatus::Completed) => event.to_string(),
        (_, status) => status.as_str().to_owned(),
    }
}

fn attempt_lines(failed: &FailedAttempt) -> Vec<String> {
    let ran = failed
        .ran
        .map(|ran| format!(" after {}", duration(ran)))
        .unwrap_or_default();
    let then = failed
        .pause
        .map(|pause| format!(", again {} later", duration(pause)))
        .unwrap_or_default();
    let head = format!(
        "attempt {} failed{ran}{then}: {}",
        failed.attempt, failed.failure.kind
    );
    let mut lines = vec![format!("      {head}")];
    lines.extend(indented(&failed.failure.message, 8));
    lines
}

/// What a step waits for: `approve waits for approved or rejected …`.
pub(crate) fn waiting_sentence(step: &WaitingStep, now: Timestamp) -> String {
    let mut text = format!(
        "`{}` has been waiting for {} for {}",
        step.step,
        alternatives(&step.events),
        duration(now.since(step.since))
    );
    match step.timeout_due {
        Some(due) if due > now => {
            text += &format!(
                "; it times out in {}, on {}",
                duration(due.since(now)),
                instant(due)
            );
        }
        Some(_) => text += "; its timeout is due now",
        None => text += ", without a timeout",
    }
    text
}

#[cfg(test)]
mod tests;
