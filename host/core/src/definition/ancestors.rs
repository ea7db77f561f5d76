//! Who lies on a path to whom, as one bit for each pair of steps.

use super::StepIx;
use super::graph::Graph;

const WORD_BITS: usize = u64::BITS as usize;

/// A matrix of bits: a row for each step, with the bits of its ancestors.
#[derive(Debug, Clone)]
pub(super) struct Ancestors {
    words_per_row: usize,
    words: Vec<u64>,
}

impl Ancestors {
    /// `order` is a topological order of the whole graph.
    pub(super) fn new(graph: &Graph, order: &[StepIx]) -> Self {
        let words_per_row = graph.steps.len().div_ceil(WORD_BITS);
        let mut ancestors = Self {
            words_per_row,
            words: vec![0; words_per_row * graph.steps.len()],
        };
        for step in order {
            for next in graph.successors(*step) {
                ancestors.inherit(*step, next);
            }
        }
        ancestors
    }

    /// Gives `child` its `parent` and all ancestors of it.
    fn inherit(&mut self, parent: StepIx, child: StepIx) {
        for word in 0..self.words_per_row {
            let inherited = self.words[parent.0 * self.words_per_row + word];
            self.words[child.0 * self.words_per_row + word] |= inherited;
        }
        let (word, bit) = self.place(parent, child);
        self.words[word] |= bit;
    }

    pub(super) fn contains(&self, ancestor: StepIx, step: StepIx) -> bool {
        let (word, bit) = self.place(ancestor, step);
        self.words[word] & bit != 0
    }

    fn place(&self, ancestor: StepIx, step: StepIx) -> (usize, u64) {
        let word = step.0 * self.words_per_row + ancestor.0 / WORD_BITS;
        (word, 1 << (ancestor.0 % WORD_BITS))
    }
}
