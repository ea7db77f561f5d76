//! Components become workflows: digest, description, proof, version.
//!
//! What is deployed stays as it is: a version of a workflow has one component for ever, named by its digest. The highest
//! version that was deployed is the current one.

pub mod grants;
mod manifest;
pub(crate) mod overlap;
pub mod policy;
mod review;
mod secret;

use std::sync::Arc;

use hephaestus_core::definition::Workflow;
use hephaestus_core::{Digest, WorkflowName, WorkflowVersion};
use sha2::{Digest as _, Sha256};

pub use manifest::{CurrentManifest, Manifest, ManifestError};
pub use review::{Asked, Review};
pub use secret::{MAX_SECRET_BYTES, SecretUnavailable};

use crate::runner::LoadError;
use crate::runner::local::LocalRunner;
use crate::store::{DeployAnswer, DeployedVersion, StoreError};

/// A component can't be deployed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The component, or its graph, is refused.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The same version of the workflow has other bytes.
    #[error(
        "`{workflow}` version {version} is already deployed with other code ({}; this is {}): give the changed code a new version", found.short(), offered.short()
    )]
    OtherDigest {
        /// The workflow.
        workflow: WorkflowName,
        /// The version.
        version: WorkflowVersion,
        /// What is deployed.
        found: Digest,
        /// What was offered.
        offered: Digest,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A component that was deployed.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its code.
    pub digest: Digest,
    /// Its graph.
    pub workflow: Arc<Workflow>,
    /// Whether the store has it since now.
    pub is_new: bool,
}

impl Deployment {
    /// What the workflow is called: the name that instances of it are started by.
    pub fn name(&self) -> &WorkflowName {
        &self.workflow.definition().name
    }

    /// Which version of the workflow it is.
    pub fn version(&self) -> WorkflowVersion {
        self.workflow.definition().version
    }
}

/// Which code these bytes are.
pub fn digest(component: &[u8]) -> Digest {
    Digest(Sha256::digest(component).into())
}

/// Loads, proves and stores a component.
pub(crate) async fn deploy(runner: &LocalRunner, component: &[u8]) -> Result<Deployment, DeployError> {
    let digest = digest(component);
    let loaded = runner.load(digest, component).await?;
    let definition = loaded.workflow.definition();
    let version = DeployedVersion {
        workflow: definition.name.clone(),
        version: definition.version,
        digest,
        deployed_at: runner.clock().now(),
    };
    let is_new = match runner.store().deploy(version, component.to_vec()).await? {
        DeployAnswer::Deployed | DeployAnswer::Restored => true,
        DeployAnswer::Unchanged => false,
        DeployAnswer::OtherDigest { found } => {
            return Err(DeployError::OtherDigest {
                workflow: definition.name.clone(),
                version: definition.version,
                found,
                offered: digest,
            });
        }
    };
    Ok(Deployment {
        digest,
        workflow: loaded.workflow,
        is_new,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_sha_256() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(super::digest(b"").to_string(), empty);
    }
}
