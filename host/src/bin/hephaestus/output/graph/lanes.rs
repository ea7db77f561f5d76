//! The gutter of the drawing: where each line runs.
//!
//! A lane is a column that belongs to one step from the first transition that leads to it until its turn comes; all
//! transitions to it end in its lane. So there are never more lanes than steps that are still to come. `done` has none:
//! it ends everything, and would only draw a line along all of the picture.
//!
//! A step's own lane goes on as its stem until its last transition has left it. What begins with that last transition
//! takes the stem over, so that a chain of steps is a straight line.

use crate::report::graph::{Branch, GraphReport, Role};

/// One cell of the gutter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cell {
    /// Whether a line comes from above, goes on below, to the left, to the right.
    pub(super) up: bool,
    pub(super) down: bool,
    pub(super) left: bool,
    pub(super) right: bool,
    /// Whether a line goes on behind it: in the gap to the next cell.
    pub(super) gap: bool,
    /// The step that stands here.
    pub(super) step: bool,
    /// It is `done`.
    pub(super) done: bool,
    /// The transition leaves its step here.
    pub(super) origin: bool,
    /// The step whose lane or stem it is.
    pub(super) owner: Option<usize>,
}

/// The gutter beside one transition, or beside a step without any.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// The cells, leftmost first.
    pub(super) cells: Vec<Cell>,
    /// Whether what leaves the step here leaves it because it failed.
    pub(super) is_failure: bool,
}

/// The gutter beside one step.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Lines that begin with the step, and have no transition.
    pub(super) notes: Vec<Row>,
    /// A line for each transition.
    pub(super) branches: Vec<Row>,
}

/// Lays out the gutter: a block for each node. `notes` says how many lines each node needs before its transitions; no more
/// than `max` lanes are drawn side by side, and the steps for which there was no room are the second answer.
pub(super) fn lay_out(graph: &GraphReport, notes: &[usize], max: usize) -> (Vec<Block>, Vec<usize>) {
    let mut gutter = Gutter {
        lanes: Vec::new(),
        max,
        without: Vec::new(),
    };
    let blocks = graph.nodes.iter().enumerate().map(|(at, node)| {
        let branches = match node.role {
            Role::Done => &[][..],
            _ => &node.branches[..],
        };
        gutter.block(graph, at, notes[at], branches)
    });
    (blocks.collect(), gutter.without)
}

struct Gutter {
    /// Per column: whose lane or stem it is.
    lanes: Vec<Option<usize>>,
    max: usize,
    /// Steps that got no lane.
    without: Vec<usize>,
}

impl Gutter {
    fn block(&mut self, graph: &GraphReport, at: usize, notes: usize, branches: &[Branch]) -> Block {
        let reached = self.lanes.contains(&Some(at));
        let column = self.column_of(at).unwrap_or_else(|| self.open_anywhere(at));
        let mut block = Block::default();
        // A step with neither notes nor transitions still needs a line.
        let notes = if branches.is_empty() { notes.max(1) } else { notes };
        for line in 0..notes {
            let mut row = self.straight();
            let cell = &mut row.cells[column];
            cell.step = line == 0;
            cell.done = graph.nodes[at].role == Role::Done;
            cell.up = line > 0 || reached;
            cell.down = line + 1 < notes || !branches.is_empty();
            cell.owner = Some(at);
            block.notes.push(row);
        }
        for (number, branch) in branches.iter().enumerate() {
            let is_first_line = notes == 0 && number == 0;
            let is_last = number + 1 == branches.len();
            let mut row = self.branch(graph, column, branch, is_last);
            let cell = &mut row.cells[column];
            cell.step = is_first_line;
            cell.up = !is_first_line || reached;
            block.branches.push(row);
        }
        if branches.is_empty() {
            self.lanes[column] = None;
        }
        while self.lanes.last() == Some(&None) {
            self.lanes.pop();
        }
        block
    }

    /// The line for a transition of the step whose stem is `column`.
    fn branch(&mut self, graph: &GraphReport, column: usize, branch: &Branch, is_last: bool) -> Row {
        let owner = self.lanes[column];
        let above = self.lanes.clone();
        if is_last {
            self.lanes[column] = None;
        }
        let drawn = branch.targets.iter().copied();
        let drawn = drawn.filter(|target| graph.nodes[*target].role != Role::Done);
        let mut ends = vec![column];
        for target in drawn {
            let end = self.column_of(target).or_else(|| self.open(target, column));
            match end {
                Some(end) => ends.push(end),
                None if !self.without.contains(&target) => self.without.push(target),
                None => {}
            }
        }
        let mut row = self.line(&above, column, &ends);
        row.cells[column].owner = owner;
        row.cells[column].origin = true;
        row.is_failure = branch.event.is_failed();
        row
    }

    /// The cells of a line that connects the columns `ends`.
    fn line(&self, above: &[Option<usize>], column: usize, ends: &[usize]) -> Row {
        let first = ends.iter().copied().min().unwrap_or(column);
        let last = ends.iter().copied().max().unwrap_or(column);
        let lane = |lanes: &[Option<usize>], at: usize| lanes.get(at).copied().flatten();
        let width = above.len().max(self.lanes.len());
        let cell = |at: usize| {
            let (up, down) = (lane(above, at), lane(&self.lanes, at));
            let is_end = ends.contains(&at);
            let is_within = first <= at && at <= last;
            Cell {
                up: up.is_some(),
                down: down.is_some(),
                left: is_within && at > first && (is_end || up.is_none()),
                right: is_within && at < last && (is_end || up.is_none()),
                gap: is_within && at < last,
                owner: down.or(up),
                ..Cell::default()
            }
        };
        Row {
            cells: (0..width).map(cell).collect(),
            is_failure: false,
        }
    }

    /// A line along which nothing happens.
    fn straight(&self) -> Row {
        let cell = |owner: &Option<usize>| Cell {
            up: owner.is_some(),
            down: owner.is_some(),
            owner: *owner,
            ..Cell::default()
        };
        Row {
            cells: self.lanes.iter().map(cell).collect(),
            is_failure: false,
        }
    }

    fn column_of(&self, step: usize) -> Option<usize> {
        self.lanes.iter().position(|lane| *lane == Some(step))
    }

    /// Opens a lane: in the stem, if that has just ended; else in the first free column to its right; else in a new one;
    /// else in any that is free.
    fn open(&mut self, step: usize, stem: usize) -> Option<usize> {
        // A stem may stand beyond the last lane: what takes it over would be one more.
        let is_free = |at: &usize| *at < self.max && self.lanes[*at].is_none();
        let right = (stem..self.lanes.len()).find(is_free);
        let column = match right {
            Some(column) => column,
            None if self.lanes.len() < self.max => {
                self.lanes.push(None);
                self.lanes.len() - 1
            }
            None => (0..stem).find(is_free)?,
        };
        self.lanes[column] = Some(step);
        Some(column)
    }

    /// Opens a stem for a step that has no lane.
    fn open_anywhere(&mut self, step: usize) -> usize {
        let free = self.lanes.iter().position(Option::is_none);
        let column = free.unwrap_or_else(|| {
            self.lanes.push(None);
            self.lanes.len() - 1
        });
        self.lanes[column] = Some(step);
        column
    }
}

#[cfg(test)]
mod tests;
