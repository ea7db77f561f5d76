//! What a run tells: its trace, its violations, and figures. Shared by everything in the run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hephaestus_core::Timestamp;
use hephaestus_host::runner::Clock;

/// What happened in a run, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    counts: BTreeMap<&'static str, u64>,
    most: BTreeMap<&'static str, u64>,
}

impl Figures {
    /// How often something happened.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// The most that there was of something.
    pub fn most(&self, name: &str) -> u64 {
        self.most.get(name).copied().unwrap_or(0)
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.counts {
            *self.counts.entry(name).or_default() += count;
        }
        for (name, most) in &other.most {
            let mine = self.most.entry(name).or_default();
            *mine = (*mine).max(*most);
        }
    }
}

impl fmt::Display for Figures {
    /// A line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, figure) in self.counts.iter().chain(&self.most) {
            writeln!(f, "{name:<56}{figure:>12}")?;
        }
        Ok(())
    }
}

/// Violations beyond this many aren't kept: one broken promise breaks others.
const MAX_VIOLATIONS: usize = 20;

/// See the head of this module.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    clock: Option<Arc<dyn Clock>>,
    trace: Vec<String>,
    violations: Vec<String>,
    figures: Figures,
}

impl Log {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it is as late as this clock says.
    pub fn set_clock(&self, clock: Arc<dyn Clock>) {
        self.inner().clock = Some(clock);
    }

    /// The time of the host that runs now.
    pub fn now(&self) -> Timestamp {
        let clock = self.inner().clock.clone();
        clock.map_or(Timestamp(0), |clock| clock.now())
    }

    /// One more line of the trace.
    pub fn trace(&self, line: fmt::Arguments<'_>) {
        let now = self.now();
        self.inner().trace.push(format!("{} {line}", now.0));
    }

    /// A promise that was broken.
    pub fn violation(&self, what: fmt::Arguments<'_>) {
        self.trace(format_args!("VIOLATION {what}"));
        let mut inner = self.inner();
        if inner.violations.len() < MAX_VIOLATIONS {
            inner.violations.push(what.to_string());
        }
    }

    /// Whether a promise was broken.
    pub fn is_violated(&self) -> bool {
        !self.inner().violations.is_empty()
    }

    /// One more of these.
    pub fn count(&self, figure: &'static str) {
        self.add(figure, 1);
    }

    /// `n` more of these.
    pub fn add(&self, figure: &'static str, n: u64) {
        *self.inner().figures.counts.entry(figure).or_default() += n;
    }

    /// The most of these so far.
    pub fn most(&self, figure: &'static str, n: u64) {
        let mut inner = self.inner();
        let most = inner.figures.most.entry(figure).or_default();
        *most = (*most).max(n);
    }

    /// All that was told, and nothing is left.
    pub fn take(&self) -> (Vec<String>, Vec<String>, Figures) {
        let mut inner = self.inner();
        (
            std::mem::take(&mut inner.trace),
            std::mem::take(&mut inner.violations),
            std::mem::take(&mut inner.figures),
        )
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").finish_non_exhaustive()
    }
}
