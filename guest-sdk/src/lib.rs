//! Hephaestus.
