//! Leaves itself as a program that makes core modules with wasm-smith: valid ones, of random code, with the exports of another.
//!
//! A program of its own, because wasm-smith wants more features of `arbitrary` than Cranelift does. As a library beside the
//! host it would change what Cranelift is built with, and so everything under wasmtime; for build scripts, Cargo builds apart.
//!
//! `smith SEED < SHAPE > MODULE`: `SHAPE` is a core module whose exports the made one has, and whose imports it may use.

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(seed) => make(seed.parse()?),
        None => leave(),
    }
}

fn leave() -> Result<(), Box<dyn Error>> {
    let folder = std::env::var_os("OUT_DIR").ok_or("Cargo names a folder")?;
    let program = PathBuf::from(folder).join(format!("smith{}", std::env::consts::EXE_SUFFIX));
    std::fs::copy(std::env::current_exe()?, &program)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=SMITH={}", program.display());
    Ok(())
}

/// How many random bytes decide what is made.
const ENTROPY_BYTES: usize = 16 << 10;

fn make(seed: u64) -> Result<(), Box<dyn Error>> {
    let mut shape = Vec::new();
    std::io::stdin().read_to_end(&mut shape)?;
    let mut entropy = vec![0; ENTROPY_BYTES];
    fastrand::Rng::with_seed(seed).fill(&mut entropy);
    let config = Config {
        available_imports: Some(shape.clone()),
        exports: Some(shape),
        // What the host's engine doesn't have would be refused, and nothing else seen.
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        // A start function would run before anybody asks.
        allow_start_export: false,
        // Besides those of the shape.
        max_memories: 0,
        ..Config::default()
    };
    let module = Module::new(config, &mut Unstructured::new(&entropy))?;
    std::io::stdout().write_all(&module.to_bytes())?;
    Ok(())
}
