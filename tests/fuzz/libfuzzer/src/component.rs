//! See `tests/fuzz/src/targets`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hephaestus_fuzz::targets::run("component", input));
