//! The precompiled cache: what the compiler made of a component, kept in a folder for the next start of a host.
//!
//! An entry is machine code. Whoever can write one decides what this process does, outside of every sandbox: wasmtime
//! trusts what it is given here, which is why giving it is `unsafe`. What protects the host:
//!
//! - **The folder** is owned by the user who runs the host and open to nobody else (mode 0700); each file in it is a plain
//!   file of that user with mode 0600. Both are looked at with each use, on the descriptor that is read from, not on
//!   a name. The folder is opened once, and files are reached through that descriptor: a path that leads elsewhere later,
//!   and symbolic links, lead nowhere. This is the only defence against somebody who wants to do harm.
//! - **The checksum** (SHA-256 of what follows it) finds damage: disks, copies that broke off, other programs. It is no
//!   signature: who may write the file can write the checksum.
//! - **The key**: the component's digest, the engine's settings, the processor's features and the version of wasmtime.
//!   What was compiled otherwise is not found, and not used if it is found in the wrong place.
//! - The bytes are read into memory, checked there, and used from there: a file that changes meanwhile changes nothing.
//!
//! What is out of scope: the same user's other processes, and root. They can do the same without the cache. A step that is
//! granted files must not be granted this folder.
//!
//! An entry saves compiling, nothing else: the component's own bytes, its interfaces and its graph are checked each time.
//! A cache that can't be used never fails a load; it is said once, and the component is compiled.
//!
//! Imports nothing of the host but core, and its own two files: `entry` (bytes), `folder` (the system).

mod entry;
#[cfg(unix)]
mod folder;
#[cfg(not(unix))]
#[path = "folder_elsewhere.rs"]
mod folder;
#[cfg(all(test, unix))]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};

use hephaestus_core::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use self::entry::{Checked, Environment, Key};
use self::folder::{Folder, FolderError};
use super::options::CodeCacheOptions;

/// Compiled code in a folder. Its calls read and write files: not for a worker of the runtime.
pub(super) struct CodeCache {
    folder: Folder,
    environment: Environment,
    max_bytes: u64,
    /// Whether it failed when it was last used: that is said once.
    fails: AtomicBool,
}

impl CodeCache {
    /// Opens the folder, made if it isn't there. `None`, and said: it can't be used.
    pub(super) fn open(options: &CodeCacheOptions, engine: &Engine) -> Option<Self> {
        let opened = Folder::open(&options.folder).and_then(|folder| {
            folder.make_room(0, options.max_bytes)?;
            Ok(folder)
        });
        match opened {
            Ok(folder) => Some(Self {
                folder,
                environment: Environment::of(engine),
                max_bytes: options.max_bytes,
                fails: AtomicBool::new(false),
            }),
            Err(error) => {
                tracing::warn!(
                    %error,
                    "the cache for compiled components is not used: each start of a host compiles them again"
                );
                None
            }
        }
    }

    /// What was made of the component before. `None`: it has to be compiled.
    pub(super) fn get(&self, engine: &Engine, component: Digest) -> Option<Component> {
        let key = Key::new(component, self.environment);
        let name = key.file_name();
        let found = match self.folder.read(&name, self.max_bytes) {
            Ok(found) => found?,
            Err(FolderError::Foreign { found }) => {
                self.refuse(&name, &found);
                return None;
            }
            Err(error) => {
                self.failed(&error);
                return None;
            }
        };
        let revived = entry::check(found, &key)
            .map_err(|flaw| flaw.to_string())
            .and_then(|checked| revive(engine, &checked).map_err(|error| format!("{error:#}")));
        revived.map_err(|found| self.refuse(&name, &found)).ok()
    }

    /// Keeps what was made of the component.
    pub(super) fn put(&self, component: Digest, compiled: &Component) {
        match self.try_put(component, compiled) {
            Ok(()) if self.fails.swap(false, Ordering::Relaxed) => {
                tracing::info!(folder = %self.folder, "the cache for compiled components can be used again");
            }
            Ok(()) => {}
            Err(error) => self.failed(&error),
        }
    }

    fn try_put(&self, component: Digest, compiled: &Component) -> Result<(), FolderError> {
        let key = Key::new(component, self.environment);
        let body = compiled.serialize().map_err(|error| FolderError::Unserialized {
            reason: format!("{error:#}"),
        })?;
        let header = entry::header(&key, &body);
        let bytes = (header.len() + body.len()) as u64;
        self.folder.make_room(bytes, self.max_bytes)?;
        self.folder.write(&key.file_name(), &[&header, &body])
    }

    /// What is not ours or not whole goes away, so that the same isn't found again.
    fn refuse(&self, name: &str, found: &str) {
        tracing::warn!(
            folder = %self.folder, entry = name, found,
            "an entry of the cache for compiled components is not used, but removed; the component is compiled again"
        );
        if let Err(error) = self.folder.remove(name) {
            self.failed(&error);
        }
    }

    fn failed(&self, error: &FolderError) {
        if self.fails.swap(true, Ordering::Relaxed) {
            tracing::debug!(%error, "the cache for compiled components fails still");
        } else {
            tracing::warn!(
                %error,
                "the cache for compiled components fails: components are compiled; this is said once until it works"
            );
        }
    }
}

/// The component of an entry.
#[expect(unsafe_code, reason = "wasmtime can't check machine code, and says so")]
fn revive(engine: &Engine, entry: &Checked) -> wasmtime::Result<Component> {
    // SAFETY: the bytes must be what `Component::serialize` made. `Checked` has only bytes whose checksum was right, from a
    // file under the right key that only this user could write (`Folder::read`), and this user's hosts write nothing else
    // there. They are in this process's memory, which nobody changes. Code for another engine is found by the key, and
    // once more by wasmtime, which compares the settings that it wrote into the bytes.
    unsafe { Component::deserialize(engine, entry.code()) }
}
