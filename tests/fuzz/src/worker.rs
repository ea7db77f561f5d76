//! The process that runs inputs. It may die of one: what it ran is in its state file, written before the input is run.
//!
//! The state file: how many inputs were begun, how long the current one is (8 bytes each), and the input.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use fastrand::Rng;

use crate::corpus;
use crate::target::Target;

/// The allocator of the programs of this package: with it, an input that takes too much memory ends its process.
pub type Allocator = cap::Cap<std::alloc::System>;

/// The allocator, without a limit so far.
pub const fn allocator() -> Allocator {
    cap::Cap::new(std::alloc::System, usize::MAX)
}

/// As much as the threads of a tokio runtime have: what runs in the host has no more.
const STACK_BYTES: usize = 2 << 20;

/// What a worker is to do.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// This input only.
    One(Vec<u8>),
    /// The corpus, then new inputs until the time is over.
    Many {
        /// Decides which ones.
        seed: u64,
        /// How long. The corpus is run to its end.
        time: Duration,
    },
}

/// Runs inputs until the work is done; dies of a finding.
pub(crate) fn work(target: Target, work: Work, state: &Path, allocator: &'static Allocator) -> Result<()> {
    end_with_parent();
    let mut state = State::create(state)?;
    let thread = std::thread::Builder::new()
        .name(target.name.to_owned())
        .stack_size(STACK_BYTES);
    let worked = thread.spawn(move || match work {
        Work::One(input) => state.run(target, allocator, &input),
        Work::Many { seed, time } => many(target, &mut state, allocator, seed, time),
    })?;
    // The message of a panic is on stderr; its exit code is that of any program that panicked.
    worked.join().unwrap_or_else(|_| std::process::exit(PANICKED))
}

/// The exit code of a worker in which something panicked.
pub(crate) const PANICKED: i32 = 101;

fn many(target: Target, state: &mut State, allocator: &Allocator, seed: u64, time: Duration) -> Result<()> {
    let began = Instant::now();
    let mut seeds = corpus::inputs(target.name)?;
    seeds.extend((target.seeds)());
    for input in &seeds {
        state.run(target, allocator, input)?;
    }
    for number in 0_u64.. {
        if began.elapsed() >= time {
            break;
        }
        let input = (target.generate)(&mut rng(seed, number), &seeds);
        state.run(target, allocator, &input)?;
    }
    Ok(())
}

/// One for each input: what one input draws doesn't change the next.
fn rng(seed: u64, number: u64) -> Rng {
    Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number)
}

/// A worker whose parent is gone, or gave it up, has nothing to do. The parent holds the other end of standard input.
fn end_with_parent() {
    std::thread::spawn(|| {
        let mut nothing = [0];
        while std::io::stdin().read(&mut nothing).is_ok_and(|read| read > 0) {}
        std::process::exit(PANICKED + 1);
    });
}

/// The state file, from the side of the worker.
struct State {
    file: File,
    begun: u64,
}

impl State {
    fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("failed to create {}", path.display()))?;
        let mut state = Self { file, begun: 0 };
        state.write(&[])?;
        Ok(state)
    }

    fn run(&mut self, target: Target, allocator: &Allocator, input: &[u8]) -> Result<()> {
        self.begun += 1;
        self.write(input)?;
        let limit = allocator.allocated().saturating_add(target.bounds.memory_bytes);
        let limited = |limit| {
            let set = allocator.set_limit(limit);
            set.map_err(|()| anyhow!("the limit of memory can't be set"))
        };
        limited(limit)?;
        (target.run)(input);
        limited(usize::MAX)
    }

    fn write(&mut self, input: &[u8]) -> Result<()> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + input.len());
        bytes.extend(self.begun.to_le_bytes());
        bytes.extend((input.len() as u64).to_le_bytes());
        bytes.extend(input);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&bytes)?;
        Ok(())
    }
}

const HEAD_BYTES: usize = 16;

/// The state file, from the side of the parent: how many inputs were begun, and the last one.
pub(crate) fn look(path: &Path) -> Option<(u64, Vec<u8>)> {
    let bytes = fs::read(path).ok()?;
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let length = usize::try_from(number(&head[8..])?).ok()?;
    Some((number(head)?, rest.get(..length)?.to_vec()))
}

/// How many inputs were begun.
pub(crate) fn begun(path: &Path) -> Option<u64> {
    let mut head = [0; HEAD_BYTES];
    File::open(path).ok()?.read_exact(&mut head).ok()?;
    number(&head)
}

fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?))
}
