//! What a step asks for.

use std::time::Duration;

use super::Retry;
use crate::Request;

/// What a step asks for wherever it is used. Constant, so that a workflow that says the same again is found when it is
/// compiled.
///
/// ```
/// use std::time::Duration;
/// use hephaestus_guest::{Request, Retry, StepOptions};
///
/// const PATIENT: StepOptions = StepOptions::NONE
///     .retry(Retry::exponential(Duration::from_secs(1)).attempts(8))
///     .deadline(Duration::from_secs(5))
///     .requests(&[Request::secret("STOCK_TOKEN")]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepOptions {
    pub(crate) retry: Option<Retry>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) requests: &'static [Request],
}

impl StepOptions {
    /// Nothing: the workflow decides, else the host.
    pub const NONE: Self = Self {
        retry: None,
        deadline: None,
        requests: &[],
    };

    /// How failed attempts are repeated.
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// How long one attempt may take; waiting doesn't count.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What it asks the operator for.
    #[must_use]
    pub const fn requests(mut self, requests: &'static [Request]) -> Self {
        self.requests = requests;
        self
    }

    /// Whether it says how failed attempts are repeated.
    pub const fn says_retry(&self) -> bool {
        self.retry.is_some()
    }

    /// Whether it says how long an attempt may take.
    pub const fn says_deadline(&self) -> bool {
        self.deadline.is_some()
    }

    /// Whether it asks the operator for something.
    pub const fn says_requests(&self) -> bool {
        !self.requests.is_empty()
    }
}
