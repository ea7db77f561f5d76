//! The manifest, `hephaestus.toml`: what the operator grants to which step, how much of it, and where secrets come from.
//! `docs/manifest.md` describes it.
//!
//! Default deny: what the file doesn't say is not granted. A file with anything in it that is not understood is refused
//! as a whole, so that a typo never means "granted to nobody" in silence.

mod error;
mod file;
mod nesting;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hephaestus_core::definition::Workflow;
use hephaestus_core::{Digest, StepRef, WorkflowName};

pub use error::ManifestError;
use file::{FileAccess, FilePolicy, ManifestFile};

use super::grants::{FilesGrant, HttpGrant, SecretSource};
use super::overlap;
use super::policy::StepPolicy;
use super::review::{Asked, Review};

/// What the operator grants. The default grants nothing.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    workflows: HashMap<WorkflowName, WorkflowPolicies>,
    /// Of its text.
    digest: Option<Digest>,
}

#[derive(Debug, Clone, Default)]
struct WorkflowPolicies {
    /// What counts for every step of the workflow.
    all: Arc<StepPolicy>,
    /// What counts for these steps, that of all steps included.
    steps: BTreeMap<StepRef, Arc<StepPolicy>>,
}

impl Manifest {
    /// Reads a manifest file. Relative paths in it start at its folder.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path).map_err(|source| ManifestError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::read(&text, folder, Some(path)).map_err(|error| error.in_file(path))
    }

    /// Reads the text of a manifest. Relative paths in it start at `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ManifestError> {
        Self::read(text, folder, None)
    }

    fn read(text: &str, folder: &Path, own: Option<&Path>) -> Result<Self, ManifestError> {
        nesting::check(text)?;
        let file: ManifestFile = toml::from_str(text).map_err(|error| ManifestError::syntax(text, &error))?;
        let sources = file.sources(folder)?;
        let mut workflows = HashMap::new();
        for (workflow, policy) in file.workflows {
            let all = StepPolicy::default().with(&policy, &sources, || format!("[workflows.{workflow}]"))?;
            let mut steps = BTreeMap::new();
            for (step, more) in policy.steps {
                let place = || format!("[workflows.{workflow}.steps.{step}]");
                let own = all.clone().with(&more.0, &sources, place)?;
                steps.insert(step, Arc::new(own));
            }
            let all = Arc::new(all);
            workflows.insert(workflow, WorkflowPolicies { all, steps });
        }
        check_folders(&workflows, &sources, own)?;
        Ok(Self {
            workflows,
            digest: Some(super::digest(text.as_bytes())),
        })
    }

    /// The SHA-256 of its text, which receipts name. `None`: it was never written, and grants nothing.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// What counts for a step.
    pub fn policy(&self, workflow: &WorkflowName, step: &StepRef) -> Arc<StepPolicy> {
        self.workflows
            .get(workflow)
            .map_or_else(Arc::default, |policies| {
                Arc::clone(policies.steps.get(step).unwrap_or(&policies.all))
            })
    }

    /// The steps of a workflow that the manifest names and that the workflow doesn't have: they may be misspelt.
    pub fn unknown_steps(&self, workflow: &Workflow) -> Vec<StepRef> {
        let policies = self.workflows.get(&workflow.definition().name);
        let named = policies.into_iter().flat_map(|policies| policies.steps.keys());
        named
            .filter(|step| workflow.index(step.as_str()).is_none())
            .cloned()
            .collect()
    }

    /// Tells the log what of this doesn't fit a workflow.
    pub(crate) fn warn(&self, workflow: &Workflow) {
        let name = &workflow.definition().name;
        let review = Review::new(workflow, self, None);
        for Asked {
            step,
            request,
            manifest,
            ..
        } in review.asked.iter().filter(|asked| !asked.granted)
        {
            tracing::warn!(workflow = %name, %step, %manifest, "a step asks for something that the manifest doesn't grant: {request}");
        }
        for step in review.unknown_steps {
            tracing::warn!(workflow = %name, %step, "the manifest has a table for a step that the workflow doesn't have");
        }
    }
}

/// What must not lie in a folder that a step is shown: see [`overlap`].
fn check_folders(
    workflows: &HashMap<WorkflowName, WorkflowPolicies>,
    sources: &file::Sources,
    own: Option<&Path>,
) -> Result<(), ManifestError> {
    let policies = workflows
        .values()
        .flat_map(|policies| std::iter::once(&policies.all).chain(policies.steps.values()));
    let mut shown: Vec<(PathBuf, bool)> = policies
        .flat_map(|policy| policy.grants.files.values())
        .map(|grant| (overlap::real(&grant.host), grant.write))
        .collect();
    shown.sort();
    shown.dedup();
    if shown.is_empty() {
        return Ok(());
    }
    let secrets = sources.files().map(|path| (overlap::real(path), "a secret"));
    let own = own.map(|path| (overlap::real(path), "this manifest"));
    let changed: Vec<&PathBuf> = shown
        .iter()
        .filter(|(_, write)| *write)
        .map(|(path, _)| path)
        .collect();
    let refuse = |folder: &Path, inner: &Path, what| ManifestError::Overlap {
        folder: folder.to_owned(),
        inner: inner.to_owned(),
        what,
    };
    for (inner, what) in secrets {
        if let Some((folder, _)) = shown.iter().find(|(folder, _)| overlap::holds(folder, &inner)) {
            return Err(refuse(folder, &inner, what));
        }
    }
    let folders = shown
        .iter()
        .map(|(path, _)| (path.clone(), "another folder that a step is shown"));
    for (inner, what) in own.into_iter().chain(folders) {
        let holder = changed
            .iter()
            .find(|folder| **folder != &inner && overlap::holds(folder, &inner));
        if let Some(folder) = holder {
            return Err(refuse(folder, &inner, what));
        }
    }
    Ok(())
}

impl StepPolicy {
    /// This policy with a more special one: what may be used is added, what is counted is replaced. `place` names the
    /// table that has it.
    fn with(
        mut self,
        more: &FilePolicy,
        sources: &file::Sources,
        place: impl Fn() -> String,
    ) -> Result<Self, ManifestError> {
        let limits = &mut self.limits;
        limits.deadline = more.deadline.map(|span| span.0).or(limits.deadline);
        limits.memory_bytes = more.memory.map(|size| size.0).or(limits.memory_bytes);
        limits.output_bytes = more.max_output.map(|size| size.0).or(limits.output_bytes);
        limits.log_bytes = more.max_log.map(|size| size.0).or(limits.log_bytes);
        self.isolation = more.isolation.map_or(self.isolation, Into::into);
        self.retry = more
            .retry
            .as_ref()
            .map(|retry| Arc::new(retry.0.clone()))
            .or(self.retry);
        let grants = &mut self.grants;
        grants.http.extend(more.http.iter().map(|entry| HttpGrant {
            origin: entry.origin.clone(),
            private: entry.private,
            methods: entry.methods.clone(),
        }));
        for name in &more.secrets {
            let source: SecretSource = sources.of(name).ok_or_else(|| ManifestError::NoSource {
                secret: name.clone(),
                place: place(),
            })?;
            grants.secrets.insert(name.clone(), source);
        }
        let env = more.env.iter();
        grants
            .env
            .extend(env.map(|(name, source)| (name.clone(), source.0.clone())));
        let mut own = BTreeMap::new();
        for entry in &more.files {
            let grant = FilesGrant {
                host: sources.folder().join(&entry.host),
                write: entry.access == FileAccess::ReadWrite,
            };
            if own.insert(entry.guest.clone(), grant).is_some() {
                return Err(ManifestError::SameFolder {
                    guest: entry.guest.clone(),
                    place: place(),
                });
            }
        }
        grants.files.extend(own);
        grants.clock = more.clock.unwrap_or(grants.clock);
        grants.random = more.random.unwrap_or(grants.random);
        Ok(self)
    }
}

/// The manifest that decides at this moment. Clones share it: who replaces it changes what the next attempt of every
/// step may do, whatever version of its workflow it runs.
#[derive(Debug, Clone, Default)]
pub struct CurrentManifest(Arc<RwLock<Arc<Manifest>>>);

impl CurrentManifest {
    /// Begins with this one.
    pub fn new(manifest: Manifest) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(manifest))))
    }

    /// The manifest as it is now.
    pub fn get(&self) -> Arc<Manifest> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on, `manifest` decides.
    pub fn replace(&self, manifest: Manifest) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(manifest);
    }
}

#[cfg(test)]
mod tests;
