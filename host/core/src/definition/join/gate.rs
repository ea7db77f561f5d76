//! Joins over edges by their place: what is evaluated while an instance runs.

use super::super::EdgeIx;

/// A join whose transitions were looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Gate {
    /// The value of an edge.
    Edge(EdgeIx),
    /// And.
    All(Vec<Gate>),
    /// Or.
    Any(Vec<Gate>),
    /// Unknown while any part is unknown, then or.
    Settled(Vec<Gate>),
}

impl Gate {
    /// The value under `edge`: `None` as long as an unknown edge can still make a difference (Kleene's logic), or is
    /// waited for by `settled`.
    pub(in super::super) fn evaluate(&self, edge: &impl Fn(EdgeIx) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Edge(at) => edge(*at),
            Self::All(parts) => fold(parts, false, |part| part.evaluate(edge)),
            Self::Any(parts) => fold(parts, true, |part| part.evaluate(edge)),
            Self::Settled(parts) => {
                let mut value = false;
                for part in parts {
                    value |= part.evaluate(edge)?;
                }
                Some(value)
            }
        }
    }

    /// The value that the gate will have once all edges are known, as far as it is already certain: `settled` without
    /// its patience.
    pub(in super::super) fn foretell(&self, edge: &impl Fn(EdgeIx) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Edge(at) => edge(*at),
            Self::All(parts) => fold(parts, false, |part| part.foretell(edge)),
            Self::Any(parts) | Self::Settled(parts) => fold(parts, true, |part| part.foretell(edge)),
        }
    }

    /// Calls `visit` for each edge because of which the gate is false: those of the parts of an `all` that are false, and
    /// all of an `any`. None if it isn't false.
    pub(in super::super) fn for_each_culprit(
        &self,
        edge: &impl Fn(EdgeIx) -> Option<bool>,
        visit: &mut impl FnMut(EdgeIx),
    ) {
        if self.evaluate(edge) != Some(false) {
            return;
        }
        match self {
            Self::Edge(at) => visit(*at),
            Self::All(parts) | Self::Any(parts) | Self::Settled(parts) => {
                parts.iter().for_each(|part| part.for_each_culprit(edge, visit));
            }
        }
    }

    /// Calls `visit` for each mention of an edge.
    pub(in super::super) fn for_each_edge(&self, visit: &mut impl FnMut(EdgeIx)) {
        match self {
            Self::Edge(at) => visit(*at),
            Self::All(parts) | Self::Any(parts) | Self::Settled(parts) => {
                parts.iter().for_each(|part| part.for_each_edge(visit));
            }
        }
    }
}

/// `decisive` as soon as one part has that value; else unknown if one part is; else the opposite.
pub(in super::super) fn fold<T>(
    parts: &[T],
    decisive: bool,
    mut value: impl FnMut(&T) -> Option<bool>,
) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match value(part) {
            Some(known) if known == decisive => return Some(decisive),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decisive)
}
