//! How large a definition may be. Guests write definitions, so every part is bounded; nothing that a sensible workflow
//! needs is near these bounds.

use std::time::Duration;

/// How many steps a definition may list.
pub const MAX_STEPS: usize = 1_000;
/// How many transitions.
pub const MAX_TRANSITIONS: usize = 10_000;
/// How many targets of all transitions together.
pub const MAX_EDGES: usize = 10_000;
/// How many events one step may emit and accept.
pub const MAX_EVENTS_PER_STEP: usize = 100;
/// How large the configuration of one step may be, in bytes.
pub const MAX_CONFIG_BYTES: usize = 256 * 1024;
/// How many requests for capabilities one step may declare.
pub const MAX_REQUESTS_PER_STEP: usize = 64;
/// How many tags.
pub const MAX_TAGS: usize = 64;
/// How long a tag may be, in bytes.
pub const MAX_TAG_BYTES: usize = 128;
/// How many facts of metadata.
pub const MAX_METADATA: usize = 64;
/// How long the name of a fact may be, in bytes.
pub const MAX_METADATA_KEY_BYTES: usize = 128;
/// How long a fact may be, in bytes.
pub const MAX_METADATA_VALUE_BYTES: usize = 4_096;
/// How many attempts a retry policy may allow.
pub const MAX_ATTEMPTS: u32 = 1_000;
/// The longest deadline, and the longest pause between attempts: ten years.
pub const MAX_SPAN: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

pub use super::join::{MAX_JOIN_BYTES, MAX_JOIN_DEPTH, MAX_JOIN_PARTS};
