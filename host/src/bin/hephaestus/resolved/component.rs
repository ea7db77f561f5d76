//! The file with the component.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::words::reason;
use crate::usage::UsageError;

/// No component is read further than this. The host says more precisely how large one may be.
const MAX_COMPONENT_BYTES: u64 = 256 << 20;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct ComponentFile {
    /// As it was named.
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// Reads the file. Whether a component is in it is the sandbox's to say.
pub(super) fn read_component(path: &Path) -> Result<ComponentFile, UsageError> {
    let error = |found: String| {
        UsageError::new(
            "COMPONENT.WASM",
            found,
            "a file with a WebAssembly component",
            "build the workflow for wasm32-wasip2 and name the .wasm file",
        )
    };
    let shown = path.display();
    if path.is_dir() {
        return Err(error(format!("that {shown} is a folder")));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_COMPONENT_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|cause| error(format!("that {shown} can't be read ({})", reason(&cause))))?;
    if bytes.len() as u64 > MAX_COMPONENT_BYTES {
        return Err(error(format!("more than {MAX_COMPONENT_BYTES} bytes in {shown}")));
    }
    Ok(ComponentFile {
        path: path.to_owned(),
        bytes,
    })
}
