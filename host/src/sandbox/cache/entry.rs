//! What is in an entry: a header that says what it is, and machine code. Only bytes here, no files.
//!
//! Invariant: a [`Checked`] comes from [`check`] only.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

use hephaestus_core::Digest;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;

const MAGIC: [u8; 8] = *b"HEPHCODE";
/// The layout of the header. A change of it changes the [`Environment`] too, so hosts of both can share a folder.
const FORMAT: u32 = 1;

/// Where the fields begin: magic, format, component, environment, length and checksum of the body.
const FORMAT_AT: usize = MAGIC.len();
const KEY_AT: usize = FORMAT_AT + 4;
const LENGTH_AT: usize = KEY_AT + 64;
const CHECKSUM_AT: usize = LENGTH_AT + 8;
pub(super) const HEADER_BYTES: usize = CHECKSUM_AT + 32;

/// What entries' names end with.
pub(super) const SUFFIX: &str = ".code";

/// What the code of an engine depends on besides the component: its settings, the processor, the version of wasmtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Environment(pub(super) [u8; 32]);

impl Environment {
    pub(super) fn of(engine: &Engine) -> Self {
        let mut hash = StableHash(Sha256::new());
        FORMAT.hash(&mut hash);
        engine.precompile_compatibility_hash().hash(&mut hash);
        Self(hash.0.finalize().into())
    }
}

/// The standard library's hashes are neither wide enough nor the same everywhere.
struct StableHash(Sha256);

impl Hasher for StableHash {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash: [u8; 32] = self.0.clone().finalize().into();
        u64::from_le_bytes([
            hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7],
        ])
    }
}

/// Which code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    component: Digest,
    environment: Environment,
}

impl Key {
    pub(super) fn new(component: Digest, environment: Environment) -> Self {
        Self {
            component,
            environment,
        }
    }

    /// The component's digest, so that people find it, and enough of the environment to tell hosts apart.
    pub(super) fn file_name(&self) -> String {
        let mut name = String::with_capacity(64 + 1 + 16 + SUFFIX.len());
        for byte in self.component.0 {
            let _ = write!(name, "{byte:02x}");
        }
        name.push('-');
        for byte in &self.environment.0[..8] {
            let _ = write!(name, "{byte:02x}");
        }
        name.push_str(SUFFIX);
        name
    }

    fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&self.component.0);
        bytes[32..].copy_from_slice(&self.environment.0);
        bytes
    }
}

/// What goes before `body`.
pub(super) fn header(key: &Key, body: &[u8]) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..FORMAT_AT].copy_from_slice(&MAGIC);
    header[FORMAT_AT..KEY_AT].copy_from_slice(&FORMAT.to_le_bytes());
    header[KEY_AT..LENGTH_AT].copy_from_slice(&key.bytes());
    header[LENGTH_AT..CHECKSUM_AT].copy_from_slice(&(body.len() as u64).to_le_bytes());
    header[CHECKSUM_AT..].copy_from_slice(&Sha256::digest(body));
    header
}

/// An entry that is whole, and the one that was looked for.
#[derive(Debug)]
pub(super) struct Checked(Vec<u8>);

impl Checked {
    pub(super) fn code(&self) -> &[u8] {
        &self.0[HEADER_BYTES..]
    }
}

/// Why an entry is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    #[error("a file of {found} bytes, shorter than the {HEADER_BYTES} of a header")]
    Short { found: usize },
    #[error("a file that is no compiled component")]
    Magic,
    #[error("an entry of format {found}; this host writes format {FORMAT}")]
    Format { found: u32 },
    #[error("an entry for another component or another engine")]
    Key,
    #[error("an entry with {found} bytes of code; it was written with {expected}")]
    Length { found: u64, expected: u64 },
    #[error("an entry that was damaged: its checksum is another one")]
    Checksum,
}

/// Whether the bytes are the entry of that key, whole and unchanged.
pub(super) fn check(entry: Vec<u8>, key: &Key) -> Result<Checked, Flaw> {
    let found = entry.len();
    let Some((header, body)) = entry.split_first_chunk::<HEADER_BYTES>() else {
        return Err(Flaw::Short { found });
    };
    if header[..FORMAT_AT] != MAGIC {
        return Err(Flaw::Magic);
    }
    let format = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
    if format != FORMAT {
        return Err(Flaw::Format { found: format });
    }
    if header[KEY_AT..LENGTH_AT] != key.bytes() {
        return Err(Flaw::Key);
    }
    let length = header[LENGTH_AT..CHECKSUM_AT]
        .iter()
        .rev()
        .fold(0, |length, byte| length << 8 | u64::from(*byte));
    if length != body.len() as u64 {
        return Err(Flaw::Length {
            found: body.len() as u64,
            expected: length,
        });
    }
    if header[CHECKSUM_AT..] != Sha256::digest(body)[..] {
        return Err(Flaw::Checksum);
    }
    Ok(Checked(entry))
}
