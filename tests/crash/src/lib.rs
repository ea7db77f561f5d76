//! Kills hosts under load, at random instants, and checks what they promised.
