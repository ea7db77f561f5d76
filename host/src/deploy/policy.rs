//! What an operator decides about one step: what it may use, how much of it, and how it is retried.

use std::sync::Arc;
use std::time::Duration;

use hephaestus_core::definition::RetryPolicy;

use super::grants::StepGrants;

/// The operator's word on one step. The default grants nothing and changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepPolicy {
    /// What it may use.
    pub grants: StepGrants,
    /// How much it may consume.
    pub limits: StepLimits,
    /// What its attempts share.
    pub isolation: Isolation,
    /// How often it is tried, in place of what its workflow says.
    pub retry: Option<Arc<RetryPolicy>>,
}

/// How much an attempt may consume. `None`: what the host's
/// [`SandboxLimits`](crate::sandbox::SandboxLimits) say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepLimits {
    /// The longest time. A step that declares less gets less; one that declares nothing gets this.
    pub deadline: Option<Duration>,
    /// Linear memory, in bytes.
    pub memory_bytes: Option<usize>,
    /// The result, in bytes.
    pub output_bytes: Option<usize>,
    /// What it logs and prints, in bytes.
    pub log_bytes: Option<usize>,
}

/// What the attempts of a step share with others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Isolation {
    /// A guest may serve several steps of one instance, one after the other, as long as their policies are the same.
    #[default]
    Instance,
    /// Every attempt has a guest of its own, which serves nothing else.
    Step,
}
