//! What every command reaches out with: who called it, where it writes progress, and a runtime to work in.

use std::ffi::OsString;

use hephaestus_host::sandbox::{CodeCacheOptions, SandboxOptions};

use crate::error::CommandError;
use crate::output::progress::Screen;
use crate::signals::Interrupt;

/// The process, as a command sees it before it knows what to do.
#[derive(Debug)]
pub(crate) struct Session {
    /// The name that the program was called by.
    pub(crate) program: OsString,
    /// Standard error.
    pub(crate) screen: Screen,
    /// How often `-v` was said.
    pub(crate) verbose: u8,
    /// Where compiled components are kept.
    pub(crate) code_cache: Option<CodeCacheOptions>,
}

/// What a command reaches out with while it works.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// Standard error.
    pub(crate) screen: Screen,
    /// Signals.
    pub(crate) interrupt: Interrupt,
    /// Whether what guests write is shown as it comes.
    pub(crate) verbose: bool,
    /// Where compiled components are kept.
    code_cache: Option<CodeCacheOptions>,
}

impl Surroundings {
    /// The sandbox that code is loaded with.
    pub(crate) fn sandbox(&self) -> SandboxOptions {
        let mut options = SandboxOptions::default();
        options.code_cache.clone_from(&self.code_cache);
        options
    }

    /// Does work that leaves nothing behind when it is dropped, unless a signal comes first.
    pub(crate) async fn unless_interrupted<T>(
        &self,
        work: impl Future<Output = Result<T, CommandError>>,
    ) -> Result<T, CommandError> {
        tokio::select! {
            result = work => result,
            () = self.interrupt.wait() => Err(CommandError::interrupted("interrupted")),
        }
    }
}

impl Session {
    /// Does a command's work, to its end or until it stops by itself because of a signal.
    pub(crate) fn block_on<T>(
        &self,
        work: impl AsyncFnOnce(&Surroundings) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(CommandError::host)?;
        let result = runtime.block_on(async {
            let around = Surroundings {
                screen: self.screen.clone(),
                interrupt: Interrupt::listen().map_err(CommandError::host)?,
                verbose: self.verbose > 0,
                code_cache: self.code_cache.clone(),
            };
            work(&around).await
        });
        // A compilation that was interrupted has a thread of its own, which nobody needs to wait for.
        runtime.shutdown_background();
        result
    }
}
