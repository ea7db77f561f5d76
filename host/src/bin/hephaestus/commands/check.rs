//! `hephaestus check`: is the workflow sound, and can it get stuck?

use std::sync::Arc;

use hephaestus_host::core::definition::Workflow;
use hephaestus_host::core::definition::explore::{ExploreOptions, explore};
use hephaestus_host::deploy::{self, Manifest, Review};
use hephaestus_host::runner::LoadError;

use super::load::load;
use crate::error::CommandError;
use crate::report::check::{CheckReport, Explored, Findings};
use crate::resolved::CheckOptions;
use crate::session::Surroundings;

/// So many stuck runs are told one by one, so that all the joins show at which runs get stuck, not only those of the
/// first few.
const MAX_TOLD: usize = 1_000;

/// Does it.
pub(crate) async fn check(
    options: &CheckOptions,
    around: &Surroundings,
) -> Result<CheckReport, CommandError> {
    let file = &options.component;
    let digest = deploy::digest(&file.bytes);
    let findings = match load(&file.bytes, digest, around).await? {
        Err(LoadError::Invalid { violations }) => Findings::Unsound(violations),
        Err(other) => return Err(other.into()),
        Ok(loaded) => {
            let review = review(options, &loaded.workflow, around).await?;
            let workflow = Arc::clone(&loaded.workflow);
            let explored = tokio::task::spawn_blocking(move || {
                let options = ExploreOptions {
                    max_told: MAX_TOLD,
                    ..ExploreOptions::default()
                };
                explore(&workflow, &options)
            });
            let exploration = tokio::select! {
                exploration = explored => exploration.map_err(CommandError::host)?,
                () = around.interrupt.wait() => return Err(CommandError::interrupted("interrupted")),
            };
            Findings::Sound {
                workflow: loaded.workflow,
                imports: loaded.imports,
                explored: Explored::new(exploration),
                review,
            }
        }
    };
    Ok(CheckReport {
        component: file.path.clone(),
        bytes: file.bytes.len(),
        digest,
        has_manifest: options.manifest.is_some(),
        findings,
    })
}

/// What is asked for, if that is to be looked at.
async fn review(
    options: &CheckOptions,
    workflow: &Workflow,
    around: &Surroundings,
) -> Result<Option<Review>, CommandError> {
    let current = match &options.current {
        None => None,
        Some(file) => Some(
            load(&file.bytes, deploy::digest(&file.bytes), around)
                .await??
                .workflow,
        ),
    };
    let nothing = Manifest::default();
    Ok(match (&options.manifest, &current) {
        (None, None) => None,
        (manifest, current) => Some(Review::new(
            workflow,
            manifest.as_ref().unwrap_or(&nothing),
            current.as_deref(),
        )),
    })
}
