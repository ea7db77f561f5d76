//! What was done with a store, for people.

use hephaestus_host::store::sqlite::admin::{Backup, CheckReport, Finding, Vacuumed};

use super::style::Style;
use super::text::{bytes, count, indented, number, safe};
use crate::report::store::StoreReport;
use crate::resolved::StoreOptions;

/// How many findings are told; `--json` has more.
const MAX_TOLD: usize = 20;

/// The page, with a line break at its end.
pub(crate) fn page(report: &StoreReport, options: &StoreOptions, style: Style) -> String {
    match report {
        StoreReport::Checked(report) => checked(report, options, style),
        StoreReport::Copied(copy) => copied(copy, options, style),
        StoreReport::Compacted(vacuumed) => compacted(vacuumed, options),
    }
}

fn checked(report: &CheckReport, options: &StoreOptions, style: Style) -> String {
    let verdict = match report.is_sound() {
        true => style.good("✓ sound"),
        false => style.bad("✗ damaged"),
    };
    let store = options.store.to_string();
    let mut sections = vec![
        format!("{}  {}", style.bold(&verdict), style.bold(&safe(&store))),
        facts(report, style),
    ];
    let told = report.findings.iter().take(MAX_TOLD).enumerate();
    sections.extend(told.map(|(at, finding)| told_finding(at + 1, finding, style)));
    if !report.is_sound() {
        let more = report.findings_in_total.saturating_sub(MAX_TOLD as u64);
        if more > 0 {
            sections.push(format!("  … and {} more (--json has 1,000)", number(more)));
        }
        sections.push(style.names(&indented(advice(report), 2).join("\n")));
    }
    sections.join("\n\n") + "\n"
}

fn advice(report: &CheckReport) -> &'static str {
    if report.is_file_damaged() {
        "Where the file itself is damaged, not all of it could be looked at: what isn't named may be damaged too. The way \
         back is a copy that was made before."
    } else {
        "What isn't named is sound. The way back is a copy that was made before; without one, `history` may still read \
         the journal of an instance, and `delete` removes one that has ended."
    }
}

fn facts(report: &CheckReport, style: Style) -> String {
    let instances = match report.unfolded {
        0 => number(report.instances),
        left => format!(
            "{} ({} not run through again: their code can't be loaded)",
            number(report.instances),
            number(left)
        ),
    };
    let facts = [
        ("instances", instances),
        ("entries", number(report.entries)),
        ("timers", number(report.timers)),
        ("versions", number(report.versions)),
        ("components", number(report.components)),
    ];
    let line = |(name, value): &(&str, String)| format!("  {}  {value}", style.dim(&format!("{name:<10}")));
    facts.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn told_finding(at: usize, finding: &Finding, style: Style) -> String {
    let head = format!("{at:>3}. {}", safe(&finding.place.to_string()));
    format!(
        "{}\n{}",
        style.names(&head),
        indented(&finding.problem, 5).join("\n")
    )
}

fn copied(copy: &Backup, options: &StoreOptions, style: Style) -> String {
    let store = format!("sqlite:{}", copy.path.display());
    let check = options.invocation.on(store.as_ref()).command(&["store", "check"]);
    let text = format!(
        "copied {} to {} ({})",
        options.store,
        copy.path.display(),
        size(copy.bytes)
    );
    format!(
        "{}\n  To see that it can be read:\n    {}\n",
        safe(&text),
        style.bold(&safe(&check))
    )
}

fn compacted(vacuumed: &Vacuumed, options: &StoreOptions) -> String {
    let removed = match vacuumed.components {
        0 => String::new(),
        some => format!(
            "; {} that nothing needs {} removed",
            count(some as u64, "component"),
            if some == 1 { "was" } else { "were" }
        ),
    };
    let (before, after) = (size(vacuumed.bytes_before), size(vacuumed.bytes_after));
    let text = format!("{}: {before} before, {after} now{removed}\n", options.store);
    safe(&text).into_owned()
}

fn size(found: u64) -> String {
    bytes(usize::try_from(found).unwrap_or(usize::MAX))
}
