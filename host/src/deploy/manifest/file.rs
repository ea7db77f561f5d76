//! The manifest as it is written: what serde reads.

mod access;
mod amount;
mod retry;
mod secrets;

use std::collections::BTreeMap;
use std::path::PathBuf;

use hephaestus_core::capability::{SecretName, VariableName};
use hephaestus_core::{StepRef, WorkflowName};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::deploy::policy::Isolation;

use access::FileVariable;
pub(super) use access::{FileAccess, FileFiles, FileHttp};
use amount::{Size, Span};
pub(super) use retry::FileRetry;
use secrets::FileSource;
pub(super) use secrets::Sources;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ManifestFile {
    secrets_folder: Option<PathBuf>,
    secrets: BTreeMap<SecretName, FileSource>,
    pub(super) workflows: BTreeMap<WorkflowName, FilePolicy>,
}

/// `[workflows.NAME]`: the policy of all its steps, and of single ones.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct FilePolicy {
    pub(super) deadline: Option<Span>,
    pub(super) memory: Option<Size>,
    pub(super) max_output: Option<Size>,
    pub(super) max_log: Option<Size>,
    pub(super) retry: Option<FileRetry>,
    pub(super) isolation: Option<FileIsolation>,
    pub(super) http: Vec<FileHttp>,
    pub(super) secrets: Vec<SecretName>,
    pub(super) env: BTreeMap<VariableName, FileVariable>,
    pub(super) files: Vec<FileFiles>,
    pub(super) clock: Option<bool>,
    pub(super) random: Option<bool>,
    pub(super) steps: BTreeMap<StepRef, FileStep>,
}

/// `[workflows.NAME.steps.NAME]`: a policy that has no steps of its own.
#[derive(Debug)]
pub(super) struct FileStep(pub(super) FilePolicy);

impl<'de> Deserialize<'de> for FileStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let policy = FilePolicy::deserialize(deserializer)?;
        if policy.steps.is_empty() {
            Ok(Self(policy))
        } else {
            Err(D::Error::custom("a step has no steps of its own"))
        }
    }
}

/// What attempts share.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FileIsolation {
    Instance,
    Step,
}

impl From<FileIsolation> for Isolation {
    fn from(isolation: FileIsolation) -> Self {
        match isolation {
            FileIsolation::Instance => Self::Instance,
            FileIsolation::Step => Self::Step,
        }
    }
}
