//! What the world outside a host saw (acknowledgements, executions), and whether that fits what the host has stored.
//!
//! One checker for every proof of durability: kills, power losses, faults of the store, simulations. It knows the
//! records of `hephaestus-core` and nothing of hosts.
