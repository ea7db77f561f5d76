//! Core modules of random code, made by wasm-smith: see `build.rs`.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// A valid module with the exports of `shape`, which may use the imports of that. The same seed gives the same module.
/// `None`: this seed gives none.
pub(crate) fn module(seed: u64, shape: &[u8]) -> Option<Vec<u8>> {
    let mut smith = Command::new(env!("SMITH"))
        .arg(seed.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", env!("SMITH")));
    // It reads all before it writes.
    let written = smith
        .stdin
        .take()
        .is_some_and(|mut stdin| stdin.write_all(shape).is_ok());
    let mut module = Vec::new();
    let read = smith
        .stdout
        .take()
        .is_some_and(|mut stdout| stdout.read_to_end(&mut module).is_ok());
    let ended = smith.wait().is_ok_and(|status| status.success());
    (written && read && ended).then_some(module)
}
