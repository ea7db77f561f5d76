//! The drawing for terminals: a line for each transition, in the order in which steps can run, with the lines of the graph
//! in a gutter on the left. What they show is also said in words beside them: nobody has to follow a line in order to know
//! where a transition leads, and no name is ever cut.

use super::lanes::{Block, Cell, Row, lay_out};
use crate::output::style::Style;
use crate::output::text::{count, duration, wrap};
use crate::report::graph::{Branch, GraphReport, Node, Role};

/// Longer names get a line of their own.
const MAX_NAME_COLUMNS: usize = 24;

/// Names and texts get at least this many columns: lanes for which nothing is left are not drawn.
const MIN_TEXT_COLUMNS: usize = 46;

/// However narrow the terminal is.
const MIN_LANES: usize = 3;

/// The drawing, with a line break at its end, for a terminal of so many columns.
pub(crate) fn draw(graph: &GraphReport, width: usize, style: Style) -> String {
    let max_lanes = (width.saturating_sub(MIN_TEXT_COLUMNS) / 2).max(MIN_LANES);
    // Which steps get no lane doesn't depend on how many lines they take.
    let (_, without) = lay_out(graph, &vec![0; graph.nodes.len()], max_lanes);
    let notes: Vec<Vec<String>> = (0..graph.nodes.len())
        .map(|at| notes(graph, at, without.contains(&at)))
        .collect();
    let counts: Vec<usize> = notes.iter().map(Vec::len).collect();
    let (blocks, _) = lay_out(graph, &counts, max_lanes);

    let rows = blocks
        .iter()
        .flat_map(|block| block.notes.iter().chain(&block.branches));
    let gutter = 2 * rows.map(|row| row.cells.len()).max().unwrap_or_default();
    let names = graph.nodes.iter().map(|node| node.step.as_str().len());
    let names = names
        .filter(|name| *name <= MAX_NAME_COLUMNS)
        .max()
        .unwrap_or_default();
    let page = Page {
        graph,
        style,
        gutter,
        names,
        text: width.saturating_sub(gutter + names + 4),
    };
    let mut lines = page.head();
    for (at, block) in blocks.iter().enumerate() {
        lines.extend(page.block(&graph.nodes[at], &notes[at], block));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What is said about a step before its transitions.
fn notes(graph: &GraphReport, at: usize, has_no_lane: bool) -> Vec<String> {
    let node = &graph.nodes[at];
    let mut notes = Vec::new();
    if node.step.as_str().len() > MAX_NAME_COLUMNS {
        notes.push(String::new());
    }
    if node.role == Role::OnCancel {
        notes.push("runs when an instance is cancelled".to_owned());
    }
    let is_patient = |text: &String| node.role != Role::Done || !text.starts_with("when settled[");
    let join = node.joins().map(|join| format!("when {join}"));
    match join.filter(is_patient) {
        Some(join) => notes.push(join),
        None if has_no_lane => {
            let from = |(source, event): &(usize, _)| format!("{}.{event}", graph.nodes[*source].step);
            let from: Vec<String> = node.incoming.iter().map(from).collect();
            notes.push(format!("after {}", from.join(", ")));
        }
        None => {}
    }
    if !node.accepts.is_empty() {
        let events: Vec<&str> = node.accepts.iter().map(|event| event.as_str()).collect();
        notes.push(format!("waits for {}", events.join(", ")));
    }
    let attempts = node.retry.as_ref().map(|retry| match retry.max_attempts {
        1 => "one attempt".to_owned(),
        attempts => format!("up to {attempts} attempts"),
    });
    let deadline = node
        .deadline
        .map(|deadline| format!("{} for an attempt", duration(deadline)));
    let limits: Vec<String> = attempts.into_iter().chain(deadline).collect();
    if !limits.is_empty() {
        notes.push(limits.join(", "));
    }
    notes
}

struct Page<'a> {
    graph: &'a GraphReport,
    style: Style,
    /// How wide the gutter is, the column of names, and the column of texts.
    gutter: usize,
    names: usize,
    text: usize,
}

impl Page<'_> {
    fn head(&self) -> Vec<String> {
        let graph = self.graph;
        let name = format!("{}, version {}", graph.workflow, graph.version);
        let steps = graph.nodes.iter().filter(|node| node.role != Role::Done).count();
        let facts = format!(
            "{}, {}",
            count(steps as u64, "step"),
            count(graph.transitions() as u64, "transition")
        );
        let head = format!("{}  {}", self.style.bold(&name), self.style.dim(&facts));
        vec![head, String::new()]
    }

    /// The lines of a step: what is said about it, then its transitions. Its name is in the first one.
    fn block(&self, node: &Node, notes: &[String], block: &Block) -> Vec<String> {
        let noted = block.notes.iter().enumerate().map(|(at, row)| {
            let note = notes.get(at).map_or("", String::as_str);
            let (head, rest) = match note.split_once(' ') {
                Some((head, rest)) => (format!("{head} "), rest),
                None => (String::new(), note),
            };
            let lines = hanging(&head, rest, self.text);
            (row, lines.iter().map(|line| self.style.dim(line)).collect())
        });
        let column = node.branches.iter().map(|branch| branch.event.as_str().len());
        let column = column.max().unwrap_or_default();
        let branches = block.branches.iter().zip(&node.branches);
        let branched = branches.map(|(row, branch)| (row, self.branch(branch, column)));

        let mut name = Some(node);
        let mut lines = Vec::new();
        for (row, texts) in noted.chain(branched) {
            let texts: Vec<String> = texts;
            for (number, text) in texts.iter().enumerate() {
                let gutter = match number {
                    0 => self.gutter(row, row.is_failure),
                    _ => self.gutter(&below(row), false),
                };
                let line = format!("{gutter}  {}  {text}", self.name(name.take()));
                lines.push(line.trim_end().to_owned());
            }
        }
        lines
    }

    fn name(&self, node: Option<&Node>) -> String {
        let Some(node) = node else {
            return " ".repeat(self.names);
        };
        let name = node.step.as_str();
        let pad = " ".repeat(self.names.saturating_sub(name.len()));
        match node.role {
            Role::Done => self.style.good(name) + &pad,
            _ => self.style.bold(name) + &pad,
        }
    }

    /// `event → target, target`.
    fn branch(&self, branch: &Branch, column: usize) -> Vec<String> {
        let names = branch
            .targets
            .iter()
            .map(|at| self.graph.nodes[*at].step.as_str());
        let mut targets = names.collect::<Vec<_>>().join(", ");
        if branch.is_dynamic && branch.targets.len() > 1 {
            targets = format!("some of {targets}");
        }
        let lines = hanging(
            &format!("{:<column$} → ", branch.event.as_str()),
            &targets,
            self.text,
        );
        let mark = |line: String| {
            if branch.event.is_failed() {
                self.style.bad(&line)
            } else {
                line
            }
        };
        lines.into_iter().map(mark).collect()
    }

    fn gutter(&self, row: &Row, is_failure: bool) -> String {
        let line = if is_failure { "╌" } else { "─" };
        let paint = |text: &str| {
            if is_failure {
                self.style.bad(text)
            } else {
                text.to_owned()
            }
        };
        let mut text = String::new();
        for cell in &row.cells {
            let glyph = glyph(cell, line);
            text += &match cell.owner {
                _ if cell.step => self.style.bold(glyph),
                Some(owner) if cell.up || cell.down => self.style.lane(owner, glyph),
                _ => paint(glyph),
            };
            text += &if cell.gap { paint(line) } else { " ".to_owned() };
        }
        text + &" ".repeat(self.gutter.saturating_sub(2 * row.cells.len()))
    }
}

/// The gutter beside the second and further lines of a text.
fn below(row: &Row) -> Row {
    let cell = |cell: &Cell| Cell {
        up: cell.down,
        down: cell.down,
        owner: cell.owner,
        ..Cell::default()
    };
    Row {
        cells: row.cells.iter().map(cell).collect(),
        is_failure: false,
    }
}

fn glyph<'a>(cell: &Cell, line: &'a str) -> &'a str {
    match (cell.step, cell.origin) {
        (true, _) if cell.done => return "■",
        (true, _) => return "●",
        (false, true) => return "○",
        (false, false) => {}
    }
    match (cell.up, cell.down, cell.left, cell.right) {
        (true, true, false, false) => "│",
        (true, true, false, true) => "├",
        (true, true, true, false) => "┤",
        (true, true, true, true) => "┼",
        (true, false, false, true) => "╰",
        (true, false, true, false) => "╯",
        (true, false, true, true) => "┴",
        (false, true, false, true) => "╭",
        (false, true, true, false) => "╮",
        (false, true, true, true) => "┬",
        (true, false, false, false) => "╵",
        (false, true, false, false) => "╷",
        (false, false, true, true) => line,
        (false, false, _, _) => " ",
    }
}

/// A text whose first line begins with `head`, and whose other lines stand below what follows it.
fn hanging(head: &str, text: &str, width: usize) -> Vec<String> {
    let inner = head.chars().count();
    let lines = wrap(text, width.saturating_sub(inner).max(16));
    let mut all: Vec<String> = Vec::new();
    for line in lines {
        all.push(match all.len() {
            0 => format!("{head}{line}"),
            _ => format!("{:inner$}{line}", ""),
        });
    }
    if all.is_empty() {
        all.push(head.to_owned());
    }
    all
}

#[cfg(test)]
mod tests;
