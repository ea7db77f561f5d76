//! Progress on standard error: on a terminal one moving line for each step that is active, below the lines of what has
//! happened; elsewhere only those lines, without any control character.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use console::Term;
use hephaestus_host::core::engine::{InstanceState, JournalEntry, StepState};
use hephaestus_host::core::{StepRef, Timestamp};
use hephaestus_host::runner::OutputLine;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::lines::Lines;
use super::print;
use super::style::Style;
use super::text::{alternatives, instant};
use crate::report::waiting_steps;

const TICK: Duration = Duration::from_millis(100);

/// How often moving lines are drawn in a second, at most.
const HERTZ: u8 = 20;

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
            live: live.then(|| MultiProgress::with_draw_target(Margin::target())),
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

/// A terminal whose moving lines end before its right edge. Where they filled it, what it echoes for Ctrl-C would go on in
/// the next line, and one line too few would be cleared.
#[derive(Debug)]
struct Margin(Term);

impl Margin {
    /// Room for two of `^C`.
    const COLUMNS: u16 = 4;

    fn target() -> ProgressDrawTarget {
        ProgressDrawTarget::term_like_with_hz(Box::new(Self(Term::buffered_stderr())), HERTZ)
    }
}

impl TermLike for Margin {
    fn width(&self) -> u16 {
        let (_, columns) = self.0.size();
        columns.saturating_sub(Self::COLUMNS).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
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
    /// Whether the end has come: nothing moves any more.
    is_still: bool,
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
            is_still: false,
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

    /// Takes the moving lines away for good: the command may end at any moment.
    pub(crate) fn be_still(&mut self) {
        self.is_still = true;
        for (_, bar) in std::mem::take(&mut self.moving) {
            bar.finish_and_clear();
        }
    }

    /// Makes the moving lines those of the steps that are active in `state`.
    pub(crate) fn show_active(&mut self, state: &InstanceState) {
        let Some(live) = self.screen.live.as_ref().filter(|_| !self.is_still) else {
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
        self.be_still();
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
