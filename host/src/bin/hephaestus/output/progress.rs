//! Progress on standard error: on a terminal one moving line for each step that is active, below the lines of what has
//! happened; elsewhere only those lines, without any control character.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use hephaestus_host::core::engine::{InstanceState, JournalEntry, StepState};
use hephaestus_host::core::{StepRef, Timestamp};
use hephaestus_host::runner::OutputLine;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::Lines;
use super::print;
use super::style::Style;
use super::text::{alternatives, instant};
use crate::report::waiting_steps;

const TICK: Duration = Duration::from_millis(100);

/// Standard error, shared by progress and the log: what is written through it never garbles the moving lines.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    live: Option<MultiProgress>,
    style: Style,
}

impl Screen {
    /// Looks at what standard error is.
    pub(crate) fn detect() -> Self {
        let stderr = io::stderr();
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let live = stderr.is_terminal() && !dumb;
        Self {
            live: live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr())),
            style: Style::detect(&stderr),
        }
    }

    /// How text is marked on it.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Writes a line above what moves.
    pub(crate) fn line(&self, line: &str) {
        match &self.live {
            Some(live) => live.suspend(|| print::stderr_line(line)),
            None => print::stderr_line(line),
        }
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.live {
            Some(live) => live.suspend(|| io::stderr().write(bytes)),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Shows how one instance gets on.
pub(crate) struct Progress {
    screen: Screen,
    lines: Lines,
    moving: BTreeMap<StepRef, ProgressBar>,
    with_output: bool,
}

impl Progress {
    /// Progress of an instance of a workflow with these steps. `with_output` shows what guests write, too.
    pub(crate) fn new(screen: Screen, state: &InstanceState, with_output: bool) -> Self {
        let lines = Lines::new(state.steps().map(|(step, _)| step), screen.style());
        Self {
            screen,
            lines,
            moving: BTreeMap::new(),
            with_output,
        }
    }

    /// Shows an entry, and what is active after it.
    pub(crate) fn entry(&mut self, entry: &JournalEntry, after: &InstanceState) {
        if let Some(line) = self.lines.entry(entry) {
            self.screen.line(&line);
        }
        self.show_active(after);
    }

    /// Takes note of an entry that is older than this command.
    pub(crate) fn old_entry(&mut self, entry: &JournalEntry) {
        self.lines.skip(entry);
    }

    /// Shows what a guest wrote, if that is wanted.
    pub(crate) fn output(&self, step: &StepRef, line: &OutputLine) {
        if self.with_output {
            self.screen.line(&self.lines.output(step, line));
        }
    }

    /// Says something that isn't in the journal.
    pub(crate) fn note(&self, text: &str) {
        self.screen.line(text);
    }

    /// Makes the moving lines those of the steps that are active in `state`.
    pub(crate) fn show_active(&mut self, state: &InstanceState) {
        let Some(live) = &self.screen.live else {
            return;
        };
        let active = active(state);
        self.moving.retain(|step, bar| {
            let goes_on = active.iter().any(|line| line.step == *step);
            if !goes_on {
                bar.finish_and_clear();
            }
            goes_on
        });
        for line in active {
            let bar = self.moving.entry(line.step.clone()).or_insert_with(|| {
                let bar = live.add(ProgressBar::new_spinner());
                bar.set_style(spinner());
                bar.set_prefix(line.step.to_string());
                bar.enable_steady_tick(TICK);
                bar
            });
            if bar.message() != line.text {
                bar.set_elapsed(line.since.map(elapsed_since).unwrap_or_default());
                bar.set_message(line.text);
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        for bar in self.moving.values() {
            bar.finish_and_clear();
        }
    }
}

/// A moving line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ActiveLine {
    step: StepRef,
    text: String,
    /// Since when, if that isn't now.
    since: Option<Timestamp>,
}

/// What is active, in the order of the definition. `done` never is: between the entry that makes it ready and the end of
/// the instance there is nothing to see.
fn active(state: &InstanceState) -> Vec<ActiveLine> {
    let waiting = waiting_steps(state);
    state
        .steps()
        .filter(|(step, _)| !step.is_done())
        .filter_map(|(step, at)| {
            let (text, since) = match at {
                StepState::Ready { attempt: 1 } => ("runs".to_owned(), None),
                StepState::Ready { attempt } => (format!("runs, attempt {attempt}"), None),
                StepState::Retrying { attempt, .. } => (format!("pauses before attempt {attempt}"), None),
                StepState::Waiting { since, .. } => {
                    let waiting = waiting.iter().find(|waiting| waiting.step == *step)?;
                    let until = waiting.timeout_due.map(|due| format!(" until {}", instant(due)));
                    let events = alternatives(&waiting.events);
                    (
                        format!("waits for {events}{}", until.unwrap_or_default()),
                        Some(*since),
                    )
                }
                StepState::Idle
                | StepState::Completed { .. }
                | StepState::Failed { .. }
                | StepState::Stopped
                | StepState::Dead => return None,
            };
            Some(ActiveLine {
                step: step.clone(),
                text,
                since,
            })
        })
        .collect()
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn elapsed_since(since: Timestamp) -> Duration {
    super::text::now().since(since)
}
