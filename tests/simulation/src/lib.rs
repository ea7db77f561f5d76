//! The whole runtime in a simulation: fake guests, paused time, a faulty store, one seed.
