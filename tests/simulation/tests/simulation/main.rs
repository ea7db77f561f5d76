//! The simulation itself, and that it finds what it should.

mod inbox;
mod planted;
mod seeds;
