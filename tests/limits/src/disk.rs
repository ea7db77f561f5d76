//! The disk alone: append, then fdatasync, as SQLite's log does.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A page of SQLite with its header in the log.
const FRAME_BYTES: usize = 4096 + 24;

/// A file that grows. A thread of its own writes it, as in a store: where many share the processor, a thread that does
/// nothing but wait for the disk gets its turn sooner than one that computes.
pub struct Log {
    orders: Sender<usize>,
    answers: Receiver<io::Result<Duration>>,
}

impl Log {
    /// Makes the file, and the thread.
    pub fn create(path: &Path) -> Result<Self> {
        let mut file = File::create(path).with_context(|| format!("failed to create {}", path.display()))?;
        let (orders, ordered) = channel();
        let (answer, answers) = channel();
        std::thread::Builder::new()
            .name("raw-disk".to_owned())
            .spawn(move || {
                while let Ok(times) = ordered.recv() {
                    // Whoever asked is gone: so is the next order.
                    let _ = answer.send(append_and_sync(&mut file, times));
                }
            })?;
        Ok(Self { orders, answers })
    }

    /// Appends a frame and syncs, `times` times; says how long that took.
    pub fn append_and_sync(&mut self, times: usize) -> Result<Duration> {
        self.orders.send(times)?;
        Ok(self.answers.recv()??)
    }
}

fn append_and_sync(file: &mut File, times: usize) -> io::Result<Duration> {
    let frame = [0x5a; FRAME_BYTES];
    let began = Instant::now();
    for _ in 0..times {
        file.write_all(&frame)?;
        file.sync_data()?;
    }
    Ok(began.elapsed())
}

/// A time in milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
