//! What the machine does without a host: the limits that the bench compares the host with. Knows nothing of the host but
//! what it stores and what its components import.

pub mod disk;
pub mod guest;
pub mod sqlite;
