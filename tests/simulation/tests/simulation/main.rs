//! The simulation itself, and that it finds what it should.

mod planted;
mod seeds;
