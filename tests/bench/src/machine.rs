//! What the machine says about itself and about this process.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::series::{Series, Summary};
use hephaestus_limits::disk;

/// How many syncs show how much the disk's speed varies.
const SYNCS: usize = 50;

/// What the figures depend on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    /// Milliseconds of one append and fdatasync, before the figures were measured.
    sync_before_ms: Summary,
    /// The same, after.
    sync_after_ms: Summary,
}

impl Machine {
    pub(crate) fn new(before: &Series, after: &Series) -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            sync_before_ms: before.summary(),
            sync_after_ms: after.summary(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cores; one sync of the disk:", self.cores)?;
        for (when, syncs) in [("before", &self.sync_before_ms), ("after", &self.sync_after_ms)] {
            let Summary {
                median, low, high, ..
            } = syncs;
            write!(f, " {when} {median:.2} ms ({low:.2} to {high:.2})")?;
        }
        Ok(())
    }
}

/// How long single syncs take now, in milliseconds.
pub(crate) fn syncs(folder: &Path) -> Result<Series> {
    let mut log = disk::Log::create(&folder.join("syncs"))?;
    (0..SYNCS)
        .map(|_| log.append_and_sync(1).map(disk::millis))
        .collect()
}

/// The resident memory of this process, in bytes.
pub(crate) fn resident_bytes() -> Result<u64> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).with_context(|| format!("{path} is needed (Linux)"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = kib
        .with_context(|| format!("no VmRSS in {path}"))?
        .trim()
        .parse()?;
    Ok(kib * 1024)
}

/// The processor time that this process has used so far, all threads together. In steps of 10 ms.
pub(crate) fn cpu_time() -> Result<Duration> {
    let path = "/proc/self/stat";
    let stat = fs::read_to_string(path).with_context(|| format!("{path} is needed (Linux)"))?;
    // The name of the program, in parentheses, may have spaces.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace());
    let ticks = fields.map(|fields| fields.skip(11).take(2).map(str::parse::<u64>));
    let ticks: Vec<u64> = ticks
        .with_context(|| format!("no times in {path}"))?
        .collect::<Result<_, _>>()?;
    Ok(TICK * u32::try_from(ticks.iter().sum::<u64>())?)
}

/// What the kernel counts processor time in, for programs: always a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// How many bytes this process has asked the system to read so far, from the disk or its cache.
pub(crate) fn bytes_read() -> Result<u64> {
    let path = "/proc/self/io";
    let io = fs::read_to_string(path).with_context(|| format!("{path} is needed (Linux)"))?;
    let line = io.lines().find_map(|line| line.strip_prefix("rchar:"));
    Ok(line
        .with_context(|| format!("no rchar in {path}"))?
        .trim()
        .parse()?)
}
