//! The limits: what the machine does without a host.

pub(crate) mod disk;
pub(crate) mod guest;
pub(crate) mod sqlite;
