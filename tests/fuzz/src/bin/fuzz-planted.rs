//! The same program with targets that are broken on purpose, for `tests/fuzz_finds.rs`: what would be found, is found.

use std::process::ExitCode;
use std::time::Duration;

use fastrand::Rng;
use hephaestus_fuzz::command;
use hephaestus_fuzz::target::{Bounds, Target, no_seeds};
use hephaestus_fuzz::worker::{Allocator, allocator};

#[global_allocator]
static ALLOCATOR: Allocator = allocator();

/// One for each way to break, and one that is whole. Each breaks at the bytes that are its name's first letter.
const TARGETS: [Target; 5] = [
    planted("panics", |input| assert!(!has(input, b'p'), "planted")),
    planted("hangs", |input| {
        while has(input, b'h') {
            std::thread::yield_now();
        }
    }),
    planted("grows", |input| {
        let mut kept = Vec::new();
        while has(input, b'g') {
            kept.push(vec![1_u8; 1 << 20]);
        }
    }),
    planted("overflows", |input| {
        if has(input, b'o') {
            assert_eq!(deeper(std::hint::black_box(1)), 0);
        }
    }),
    planted("whole", |_| {}),
];

const fn planted(name: &'static str, run: fn(&[u8])) -> Target {
    Target {
        name,
        about: "broken on purpose",
        run,
        seeds: no_seeds,
        generate: |rng: &mut Rng, _| vec![rng.u8(..)],
        bounds: Bounds {
            time: Duration::from_secs(2),
            memory_bytes: 64 << 20,
        },
    }
}

fn has(input: &[u8], byte: u8) -> bool {
    std::hint::black_box(input).contains(&byte)
}

#[expect(
    unconditional_recursion,
    reason = "it overflows the stack, that is what it is for"
)]
fn deeper(depth: u64) -> u64 {
    let below = deeper(std::hint::black_box(depth + 1));
    std::hint::black_box(below) + 1
}

fn main() -> ExitCode {
    command::main(&TARGETS, &ALLOCATOR)
}
