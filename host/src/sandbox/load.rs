//! From bytes to code: check, compile, link, ask for the definition, prove the graph.

use std::sync::Arc;

use hephaestus_core::Digest;
use hephaestus_core::definition::Workflow;
use hephaestus_core::engine::{Failure, FailureKind};
use sha2::{Digest as _, Sha256};
use wasmtime::component::{Component, Linker};

use super::bindings::WorkflowPre;
use super::code::Code;
use super::convert;
use super::ctx::GuestCtx;
use super::executor::Shared;
use super::guest::Guest;
use super::refusal::{check_file, check_interfaces, refused};
use super::wasi::Wasi;
use crate::runner::LoadError;

impl Shared {
    /// The code of a component, compiled if it is neither in memory nor in the folder for compiled code.
    pub(super) async fn load(&self, digest: Digest, component: &[u8]) -> Result<Arc<Code>, LoadError> {
        if let Some(code) = self.cache.get(digest) {
            return Ok(code);
        }
        let found = Digest(Sha256::digest(component).into());
        if found != digest {
            return Err(LoadError::Damaged {
                found,
                expected: digest,
            });
        }
        check_file(component, &self.options.limits)?;
        if let Some(found) = self.compiler.cached(digest).await {
            return self.admit(digest, &found).await;
        }
        let _turn = self.compiling.lock().await;
        if let Some(code) = self.cache.get(digest) {
            return Ok(code);
        }
        let compiled = self.compiler.compile(digest, component).await?;
        self.admit(digest, &compiled).await
    }

    async fn admit(&self, digest: Digest, component: &Component) -> Result<Arc<Code>, LoadError> {
        let code = self.prove(component).await?;
        Ok(self.cache.insert(digest, code))
    }

    async fn prove(&self, component: &Component) -> Result<Code, LoadError> {
        let shape = component.component_type();
        let imports: Vec<&str> = shape.imports(&self.engine).map(|(name, _)| name).collect();
        let exports: Vec<&str> = shape.exports(&self.engine).map(|(name, _)| name).collect();
        check_interfaces(&imports, &exports)?;

        let pre = link(&self.linker, component)?;
        let workflow = Arc::new(self.describe(&pre).await?);
        Ok(Code { pre, workflow })
    }

    async fn describe(&self, code: &WorkflowPre<GuestCtx>) -> Result<Workflow, LoadError> {
        let limits = &self.options.limits;
        let slot = self.slots.acquire().await.map_err(|error| LoadError::Host {
            reason: format!("no slot for a guest: {error}"),
        })?;
        let mut guest = Guest::new(self, Wasi::Definition, limits, slot).map_err(undescribed)?;
        let call = guest.begin(None, limits.definition_deadline);
        let described = call
            .run(limits, guest.describe(code))
            .await
            .result
            .map_err(undescribed)?;
        let definition = convert::definition(described)?;
        // Exploring a large graph takes a while.
        let proven = tokio::task::spawn_blocking(move || Workflow::new(definition)).await;
        proven
            .map_err(|error| LoadError::Host {
                reason: format!("the proof of the graph gave up: {error}"),
            })?
            .map_err(|violations| LoadError::Invalid { violations })
    }
}

/// Time and the host are no faults of the code.
fn undescribed(failure: Failure) -> LoadError {
    let found = format!("`describe` failed ({}): {}", failure.kind, failure.message);
    match failure.kind {
        FailureKind::Deadline | FailureKind::Host => LoadError::Undescribed { reason: found },
        _ => refused(
            found,
            "a definition within the limits of the host",
            "`describe` must return the same definition every time, without input",
        ),
    }
}

fn link(linker: &Linker<GuestCtx>, component: &Component) -> Result<WorkflowPre<GuestCtx>, LoadError> {
    linker
        .instantiate_pre(component)
        .and_then(WorkflowPre::new)
        .map_err(|error| {
            refused(
                format!("a component whose interfaces differ from the contract ({error:#})"),
                "the types of hephaestus:workflow@0.1.0 and WASI 0.2",
                "build it with the SDK or the `wit/workflow.wit` of this host's version",
            )
        })
}
