//! What the commands on the instances of a store have in common, as meant.

use std::ffi::OsStr;
use std::time::Duration;

use hephaestus_host::deploy::Manifest;

use super::instance::{InstanceName, read_instance};
use super::run::{read_manifest, read_wait};
use super::store::{StoreFile, read_store_file};
use crate::args::{FollowArgs, StoreArgs};
use crate::invocation::Invocation;
use crate::usage::UsageError;

/// An instance in a store.
#[derive(Debug)]
pub(crate) struct Target {
    /// What it is called.
    pub(crate) name: InstanceName,
    /// Where it is kept.
    pub(crate) store: StoreFile,
    /// Whether standard output is for programs.
    pub(crate) json: bool,
    /// How to go on from here.
    pub(crate) invocation: Invocation,
}

/// How an instance is followed.
#[derive(Debug)]
pub(crate) struct Following {
    /// What its steps may use.
    pub(crate) manifest: Manifest,
    /// How long to follow it while it waits.
    pub(crate) wait: Duration,
}

impl Target {
    pub(super) fn read(instance: &str, args: &StoreArgs, program: &OsStr) -> Result<Self, UsageError> {
        Ok(Self {
            name: read_instance(instance)?,
            store: read_store_file(&args.store)?,
            json: args.json,
            invocation: Invocation::new(program, &args.store),
        })
    }

    /// The same, of a command that follows the instance.
    pub(super) fn followed(mut self, args: &FollowArgs) -> Self {
        self.invocation = self
            .invocation
            .follows(args.manifest.as_deref(), args.wait.as_deref(), self.json);
        self
    }
}

impl Following {
    pub(super) fn read(args: &FollowArgs) -> Result<Self, UsageError> {
        let wait = args.wait.as_deref().map(read_wait).transpose()?;
        let manifest = args.manifest.as_deref().map(read_manifest).transpose()?;
        Ok(Self {
            manifest: manifest.unwrap_or_default(),
            wait: wait.unwrap_or_default(),
        })
    }
}
