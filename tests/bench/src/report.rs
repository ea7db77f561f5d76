//! What comes out: a table for people, JSON for programs.

use std::fmt::Write;

use serde::Serialize;

use crate::machine::Machine;
use crate::series::{Series, Summary};

/// What a number counts, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Unit {
    /// More is better.
    #[serde(rename = "steps/s")]
    StepsPerSecond,
    /// Less is better.
    #[serde(rename = "ms")]
    Millis,
    /// Less is better. Of processor time, of all threads together: says the same however busy the machine is.
    #[serde(rename = "CPU us")]
    CpuMicros,
    /// Less is better.
    #[serde(rename = "bytes")]
    Bytes,
    /// Less is better.
    #[serde(rename = "KiB read")]
    KibRead,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::StepsPerSecond => "steps/s",
            Self::Millis => "ms",
            Self::CpuMicros => "CPU us",
            Self::Bytes => "bytes",
            Self::KibRead => "KiB read",
        }
    }

    /// How much of the limit is reached: 1 is as good as the limit, less is worse.
    fn share(self, ours: f64, limit: f64) -> f64 {
        match self {
            Self::StepsPerSecond => ours / limit,
            Self::Millis | Self::CpuMicros | Self::Bytes | Self::KibRead => limit / ours,
        }
    }
}

/// One figure.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name to ask for it with `--only`.
    pub(crate) figure: &'static str,
    /// What was measured.
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) ours: Series,
    /// What it is measured beside, a sample for each of ours.
    pub(crate) limit: Option<(String, Series)>,
}

/// All figures of a run.
#[derive(Debug)]
pub struct Report {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
    pub(crate) failures: Vec<Failure>,
}

/// A figure that couldn't be measured.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) figure: String,
    pub(crate) reason: String,
}

#[derive(Serialize)]
struct JsonRow<'a> {
    figure: &'a str,
    what: &'a str,
    unit: Unit,
    ours: Summary,
    limit: Option<JsonLimit<'a>>,
    /// Of the limit, round by round; 1 is as good as the limit.
    share: Option<Summary>,
}

#[derive(Serialize)]
struct JsonLimit<'a> {
    what: &'a str,
    #[serde(flatten)]
    summary: Summary,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    machine: &'a Machine,
    figures: Vec<JsonRow<'a>>,
    failures: &'a [Failure],
}

impl Row {
    /// How much of the limit is reached, round by round.
    fn share(&self) -> Option<Series> {
        let (_, limit) = self.limit.as_ref()?;
        let pairs = self.ours.samples().iter().zip(limit.samples());
        Some(
            pairs
                .map(|(ours, limit)| self.unit.share(*ours, *limit))
                .collect(),
        )
    }

    fn json(&self) -> JsonRow<'_> {
        JsonRow {
            figure: self.figure,
            what: &self.what,
            unit: self.unit,
            ours: self.ours.summary(),
            limit: self.limit.as_ref().map(|(what, series)| JsonLimit {
                what,
                summary: series.summary(),
            }),
            share: self.share().map(|share| share.summary()),
        }
    }

    fn line(&self, text: &mut String) {
        let ours = self.ours.summary();
        let _ = writeln!(
            text,
            "{:<8} {:>11} {:<8} {:<52} {}",
            self.figure,
            number(ours.median),
            self.unit.name(),
            self.what,
            spread(&ours)
        );
        if let (Some((what, limit)), Some(share)) = (&self.limit, self.share()) {
            let (limit, share) = (limit.summary(), share.summary());
            let _ = writeln!(
                text,
                "{:<8} {:>11} {:<8} {:<52} {}",
                "",
                number(limit.median),
                self.unit.name(),
                format!("limit: {what}"),
                spread(&limit)
            );
            let _ = writeln!(
                text,
                "{:<8} {:>11} {:<8} {:<52} {:.3} to {:.3}",
                "",
                format!("{:.3}", share.median),
                "",
                "share of the limit",
                share.low,
                share.high
            );
        }
    }
}

impl Report {
    /// Whether everything was measured.
    pub fn is_whole(&self) -> bool {
        self.failures.is_empty()
    }

    /// For people: the figures last.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n\n", self.machine);
        for row in &self.rows {
            row.line(&mut text);
        }
        for Failure { figure, reason } in &self.failures {
            let _ = writeln!(text, "{figure:<8} NOT MEASURED: {reason}");
        }
        text
    }

    /// For programs, with all samples.
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&JsonReport {
            machine: &self.machine,
            figures: self.rows.iter().map(Row::json).collect(),
            failures: &self.failures,
        })
    }
}

fn spread(summary: &Summary) -> String {
    match summary.samples.len() {
        0 | 1 => String::new(),
        _ => format!("{} to {}", number(summary.low), number(summary.high)),
    }
}

/// With as many digits as say something.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 10.0 => format!("{value:.2}"),
        medium if medium < 100.0 => format!("{value:.1}"),
        _ => thousands(value),
    }
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0.0, 0.123, 12.34, 123.4, 1_234_567.8].map(number),
            ["0", "0.12", "12.3", "123", "1,234,568"]
        );
    }

    #[test]
    fn a_share_is_better_the_larger_it_is() {
        let row = |unit| Row {
            figure: "f",
            what: "w".to_owned(),
            unit,
            ours: [10.0, 30.0].into_iter().collect(),
            limit: Some(("l".to_owned(), [20.0, 20.0].into_iter().collect())),
        };
        let share = |unit| row(unit).share().map(|share| share.samples().to_vec());
        assert_eq!(share(Unit::StepsPerSecond), Some(vec![0.5, 1.5]));
        assert_eq!(share(Unit::Millis), Some(vec![2.0, 20.0 / 30.0]));
    }
}
