//! What a check came to.

use std::fmt;

use hephaestus_core::{Digest, InstanceId, WorkflowName, WorkflowVersion};

/// How many findings a report names; the others are counted.
const MAX_NAMED: usize = 1_000;

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CheckReport {
    /// How many instances were looked at.
    pub instances: u64,
    /// How many of them were folded over the workflow that they are pinned to.
    pub folded: u64,
    /// How many were not, although nothing is wrong with them: their workflow isn't known.
    pub unfolded: u64,
    /// How many journal entries they have.
    pub entries: u64,
    /// How many timers are set.
    pub timers: u64,
    /// How many versions were deployed.
    pub versions: u64,
    /// How many components are stored.
    pub components: u64,
    /// What doesn't fit: the first thousand.
    pub findings: Vec<Finding>,
    /// How many things don't fit.
    pub findings_in_total: u64,
}

impl CheckReport {
    /// Whether everything fits.
    pub fn is_sound(&self) -> bool {
        self.findings_in_total == 0
    }

    /// Whether the file as such is damaged: then what else is in it can't be told.
    pub fn is_file_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.place == Place::File)
    }

    pub(super) fn find(&mut self, place: Place, problem: impl Into<String>) {
        self.findings_in_total += 1;
        if self.findings.len() < MAX_NAMED {
            let problem = problem.into();
            self.findings.push(Finding { place, problem });
        }
    }
}

/// Something that doesn't fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What was found.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// Where something doesn't fit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In the file as such.
    File,
    /// In what is stored of an instance.
    Instance(InstanceId),
    /// In what is stored of a version.
    Version(WorkflowName, WorkflowVersion),
    /// In a component.
    Component(Digest),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the file"),
            Self::Instance(instance) => write!(f, "instance {instance}"),
            Self::Version(workflow, version) => write!(f, "`{workflow}` version {version}"),
            Self::Component(digest) => write!(f, "component {digest}"),
        }
    }
}
