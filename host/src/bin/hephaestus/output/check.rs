//! What `hephaestus check` found, for people: a page that begins with the verdict, and says everything at once.

use hephaestus_host::core::definition::{Uniqueness, Violation, Violations, Workflow};

use hephaestus_host::deploy::Review;

use super::style::Style;
use super::text::{self, WIDTH, bytes, count, number, safe, wrap};
use crate::report::check::{CheckReport, Explored, Findings, StuckRuns};

/// How many ways to get stuck are told; `--json` has all.
const MAX_WAYS_TOLD: usize = 10;

/// The page, with a line break at its end.
pub(crate) fn page(report: &CheckReport, style: Style) -> String {
    let page = Page { report, style };
    let sections = match &report.findings {
        Findings::Unsound(violations) => page.unsound(violations),
        Findings::Sound {
            workflow,
            imports,
            explored,
            review,
        } => page.sound(workflow, imports, explored, review.as_ref()),
    };
    let mut text = sections.join("\n\n");
    text.push('\n');
    text
}

struct Page<'a> {
    report: &'a CheckReport,
    style: Style,
}

impl Page<'_> {
    fn unsound(&self, violations: &Violations) -> Vec<String> {
        let style = self.style;
        let found = count(violations.0.len() as u64, "violation");
        let head = format!(
            "{}  {}",
            style.bold(&style.bad("✗ not sound")),
            style.bold(&format!("{found} of the rules for graphs"))
        );
        let mut sections = vec![head, self.facts(&[self.component()])];
        let numbered = violations.0.iter().enumerate();
        sections.extend(numbered.map(|(at, violation)| self.violation(at + 1, violation)));
        sections
    }

    fn violation(&self, number: usize, violation: &Violation) -> String {
        let place = match (&violation.step, &violation.event) {
            (Some(step), Some(event)) => format!("step `{step}`, event `{event}`"),
            (Some(step), None) => format!("step `{step}`"),
            (None, Some(event)) => format!("event `{event}`"),
            (None, None) => "the workflow".to_owned(),
        };
        let kind = self.style.dim(&format!("({})", violation.kind));
        let mut lines = vec![format!("{number:>3}. {} {kind}", self.style.names(&place))];
        lines.push(self.paragraph(&violation.message, 5));
        let fix = hanging(&violation.fix, "fix: ", 5).join("\n");
        lines.push(self.style.names(&fix));
        lines.join("\n")
    }

    fn sound(
        &self,
        workflow: &Workflow,
        imports: &[String],
        explored: &Explored,
        review: Option<&Review>,
    ) -> Vec<String> {
        let style = self.style;
        let verdict = if explored.stuck_runs > 0 {
            style.attention("! may get stuck")
        } else {
            style.good("✓ sound")
        };
        let definition = workflow.definition();
        let name = format!("{}, version {}", definition.name, definition.version);
        let mut facts = vec![self.component()];
        facts.extend(graph_facts(workflow));
        facts.push(("imports", imports_text(imports)));
        if review.is_none() {
            facts.extend(requests(workflow));
        }
        let mut sections = vec![
            format!("{}  {}", style.bold(&verdict), style.bold(&name)),
            self.facts(&facts),
            self.paragraph(&runs(explored), 2),
        ];
        sections.extend(self.ways(explored));
        sections.extend(self.never_ready(explored));
        sections.extend(review.and_then(|review| self.review(review)));
        sections
    }

    /// What is asked for: granted or not, new or not, and the lines that are missing.
    fn review(&self, review: &Review) -> Option<String> {
        let style = self.style;
        let mut lines = Vec::new();
        for asked in &review.asked {
            let news = if asked.is_new { " (new)" } else { "" };
            let what = format!("{}: {}{news}", asked.step, safe(&asked.request.to_string()));
            lines.push(match (self.report.has_manifest, asked.granted) {
                (false, _) => format!("  - {what}"),
                (true, true) => format!("  {} {what}", style.good("✓ granted    ")),
                (true, false) => format!("  {} {what}", style.bad("✗ not granted")),
            });
        }
        for (step, request) in &review.dropped {
            let what = safe(&request.to_string()).into_owned();
            lines.push(format!("  {step} doesn't ask for {what} any more"));
        }
        for step in &review.unknown_steps {
            let text =
                format!("! the manifest has a table for a step `{step}`, which the workflow doesn't have");
            lines.push(format!("  {}", style.attention(&text)));
        }
        if lines.is_empty() {
            return None;
        }
        let mut text = format!("  What it asks for:\n{}", lines.join("\n"));
        if self.report.has_manifest && review.lacks_grants() {
            let missing = missing_lines(review).join("\n    ");
            text += &format!(
                "\n\n  To grant the rest, add to these tables of the manifest, values to their lists:\n    {missing}"
            );
        }
        Some(text)
    }

    /// The file, and the beginning of its digest, as elsewhere: all of it would not fit.
    fn component(&self) -> (&'static str, String) {
        let path = self.report.component.display().to_string();
        let facts = format!("{}, {}", bytes(self.report.bytes), self.report.digest.short());
        ("component", format!("{} ({facts})", safe(&path)))
    }

    fn facts(&self, facts: &[(&str, String)]) -> String {
        let column = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut lines = Vec::new();
        for (name, value) in facts {
            let head = format!("  {}  ", self.style.dim(&format!("{name:<column$}")));
            let mut rest = wrap(value, WIDTH - column - 4).into_iter();
            lines.push(format!("{head}{}", rest.next().unwrap_or_default()));
            lines.extend(rest.map(|line| format!("{:indent$}{line}", "", indent = column + 4)));
        }
        lines.join("\n")
    }

    /// The ways in which runs get stuck, each with an example, and what to do.
    fn ways(&self, explored: &Explored) -> Vec<String> {
        if explored.stuck.is_empty() {
            return Vec::new();
        }
        let told = explored.stuck.iter().take(MAX_WAYS_TOLD).enumerate();
        let mut sections: Vec<String> = told.map(|(at, runs)| self.way(at + 1, runs)).collect();
        let more = explored.stuck.len().saturating_sub(MAX_WAYS_TOLD);
        if more > 0 {
            sections.push(format!(
                "  … and {} to get stuck (--json has all)",
                count(more as u64, "more way")
            ));
        }
        let fix = "To repair it, let the event that leaves a join without an answer lead somewhere else, or \
                   give the step a join that can do without: `any[…]`, or `settled[…]`, which waits until \
                   nothing can come any more and is content with what came.";
        sections.push(self.paragraph(fix, 2));
        sections
    }

    fn way(&self, number: usize, runs: &StuckRuns) -> String {
        let story = runs.example.to_string();
        let mut story_lines = story.lines();
        let first = capitalised(story_lines.next().unwrap_or_default());
        let head = format!("{number:>3}. ");
        let mut lines: Vec<String> = hanging(&first, &head, 0);
        for line in story_lines {
            lines.extend(hanging(line, "- ", 5));
        }
        if runs.alike > 1 {
            lines.push(format!("     {} more like it", runs.alike - 1));
        }
        self.style.names(&lines.join("\n"))
    }

    fn never_ready(&self, explored: &Explored) -> Option<String> {
        if explored.never_ready.is_empty() {
            return None;
        }
        let steps: Vec<String> = explored
            .never_ready
            .iter()
            .map(|step| format!("`{step}`"))
            .collect();
        let text = match &steps[..] {
            [one] => format!("{one} runs in none of them: its join never becomes true."),
            many => format!(
                "{} run in none of them: their joins never become true.",
                many.join(", ")
            ),
        };
        Some(self.paragraph(&text, 2))
    }

    /// Names are marked in the whole paragraph: a join may be broken between its parts.
    fn paragraph(&self, text: &str, by: usize) -> String {
        self.style.names(&hanging(text, "", by).join("\n"))
    }
}

fn graph_facts(workflow: &Workflow) -> Vec<(&'static str, String)> {
    let definition = workflow.definition();
    let own = |step: &&hephaestus_host::core::definition::StepDefinition| !step.name.is_done();
    let steps = workflow.steps().iter().filter(own).count();
    let waiting: Vec<String> = workflow
        .steps()
        .iter()
        .filter(|step| !step.accepts.is_empty())
        .map(|step| step.name.to_string())
        .collect();
    let waits = match &waiting[..] {
        [] => "none waits for events".to_owned(),
        [one] => format!("{one} waits for events"),
        many => format!("{} wait for events", many.join(", ")),
    };
    let key = &definition.business_key;
    let unique = match key.uniqueness {
        Uniqueness::Workflow => "unique within the workflow",
        Uniqueness::Version => "unique within the version",
        Uniqueness::Global => "unique among all workflows",
        Uniqueness::None => "several active instances may share it",
    };
    let cancel = definition.on_cancel.as_ref();
    let mut facts = vec![
        (
            "steps",
            format!("{steps}, beginning with {}; {waits}", definition.start),
        ),
        ("transitions", definition.transitions.len().to_string()),
        ("named by", format!("{}::…, {unique}", key.name)),
    ];
    facts.extend(cancel.map(|step| ("cancelling", format!("{step} runs"))));
    facts.extend(
        definition
            .deadline
            .map(|deadline| ("deadline", text::duration(deadline))),
    );
    facts
}

/// What the operator has to grant, step by step.
fn requests(workflow: &Workflow) -> Vec<(&'static str, String)> {
    let of_steps = workflow.steps().iter().flat_map(|step| {
        let requests = step.requests.iter();
        requests.map(move |request| format!("{}: {}", step.name, safe(&request.to_string())))
    });
    let heads = std::iter::once("asks for").chain(std::iter::repeat(""));
    heads.zip(of_steps).collect()
}

/// The lines of a manifest that would grant what isn't, each table once.
fn missing_lines(review: &Review) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut table = "";
    for asked in review.asked.iter().filter(|asked| !asked.granted) {
        let Some((head, line)) = asked.manifest.split_once('\n') else {
            continue;
        };
        if head != table {
            lines.push(head.to_owned());
            table = head;
        }
        lines.push(safe(line).into_owned());
    }
    lines
}

/// `context, log; WASI: cli, clocks`: which worlds a component touches, without versions and interfaces.
fn imports_text(imports: &[String]) -> String {
    let mut contract: Vec<&str> = Vec::new();
    let mut wasi: Vec<&str> = Vec::new();
    let mut others: Vec<&str> = Vec::new();
    for import in imports {
        let name = import.split('@').next().unwrap_or_default();
        let (list, name) = match name.split_once('/') {
            // Types only: nothing that can be called.
            Some(("hephaestus:workflow", "types")) => continue,
            Some(("hephaestus:workflow", interface)) => (&mut contract, interface),
            Some((package, _)) => match package.strip_prefix("wasi:") {
                Some(package) => (&mut wasi, package),
                None => (&mut others, name),
            },
            None => (&mut others, name),
        };
        if !list.contains(&name) {
            list.push(name);
        }
    }
    let mut parts = Vec::new();
    for (head, mut names) in [("", contract), ("WASI: ", wasi), ("others: ", others)] {
        names.sort_unstable();
        if !names.is_empty() {
            parts.push(format!("{head}{}", names.join(", ")));
        }
    }
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => safe(&parts.join("; ")).into_owned(),
    }
}

/// How far the exploration went, and what it came to.
fn runs(explored: &Explored) -> String {
    let (runs, stuck) = (explored.runs, explored.stuck_runs);
    let looked = match (explored.exhaustive, runs) {
        (true, 1) => "There is one run, and it".to_owned(),
        (true, runs) => format!("Each of the {} possible runs was followed:", number(runs)),
        (false, runs) => format!(
            "There are too many possible runs to follow each; of a sample of {}",
            number(runs)
        ),
    };
    match (explored.exhaustive, runs, stuck) {
        (true, 1, 0) => format!("{looked} reaches `done`."),
        (true, 1, _) => format!("{looked} gets stuck:"),
        (true, _, 0) => format!("{looked} all reach `done`."),
        (false, _, 0) => format!("{looked}, all reach `done`."),
        (true, _, stuck) if stuck == runs => format!("{looked} all get stuck{}", in_ways(explored)),
        (true, _, 1) => format!("{looked} one gets stuck."),
        (true, _, _) => format!("{looked} {} get stuck{}", number(stuck), in_ways(explored)),
        (false, _, 1) => format!("{looked}, one gets stuck."),
        (false, _, _) => format!("{looked}, {} get stuck{}", number(stuck), in_ways(explored)),
    }
}

fn in_ways(explored: &Explored) -> String {
    // Of a sample, only runs that differ are told.
    let is_all = !explored.exhaustive || u64::try_from(explored.told()) == Ok(explored.stuck_runs);
    match explored.stuck.len() {
        1 if is_all => ", all in the same way.".to_owned(),
        ways if is_all => format!(", in {ways} ways."),
        ways => format!(
            ", in {} among the first {}.",
            count(ways as u64, "way"),
            number(explored.told() as u64)
        ),
    }
}

/// A paragraph whose first line begins with `head` and whose other lines stand below what follows it.
fn hanging(text: &str, head: &str, by: usize) -> Vec<String> {
    let inner = by + head.chars().count();
    let safe = text::safe(text);
    let lines = wrap(&safe, WIDTH - inner);
    let line = |(at, line): (usize, &String)| match at {
        0 => format!("{:by$}{head}{line}", ""),
        _ => format!("{:inner$}{line}", ""),
    };
    lines.iter().enumerate().map(line).collect()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
