//! `--code-cache` of the commands that load code.

use std::ffi::OsString;

/// How code is loaded.
#[derive(Debug, clap::Args)]
pub(crate) struct CodeArgs {
    /// Where compiled components are kept for the next start, a folder that nobody else can use; `off`: nowhere [default:
    /// hephaestus/code in the user's cache folder] [variable: HEPHAESTUS_CODE_CACHE]
    #[arg(long, value_name = "DIR|off")]
    pub(crate) code_cache: Option<OsString>,
}
