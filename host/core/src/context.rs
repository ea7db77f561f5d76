//! What a step may read: the input of the instance and the results of its completed ancestors.

use std::collections::BTreeMap;

use crate::{Json, StepRef};

/// The part of an instance's context that one step sees. What it holds doesn't depend on a sibling's speed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextView {
    /// The input that the instance was created with; always an object.
    pub initial: Json,
    /// All ancestors of the step. `None`: it hasn't completed, or it completed without a result.
    pub results: BTreeMap<StepRef, Option<Json>>,
}
