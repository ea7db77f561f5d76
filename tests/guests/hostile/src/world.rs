//! What a guest finds where something is granted: tells it, and tries to get beyond it.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasip2::random::{insecure, random};

use crate::input;

/// `[wall clock, in ms since 1970; what passed while the guest computed; what passed while it slept for 50 ms]`, the
/// last two in ms.
pub fn time() -> String {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let before = Instant::now();
    for n in 0..2_000_000_u64 {
        std::hint::black_box(n);
    }
    let computed = before.elapsed();
    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(50));
    format!(
        "[{}, {}, {}]",
        wall.as_millis(),
        computed.as_millis(),
        before.elapsed().as_millis()
    )
}

/// Waits until a moment, as code does that looks at the clock again and again. Ends only if the clock advances.
pub fn wait() -> String {
    let until = Instant::now() + Duration::from_millis(20);
    let mut looks = 0;
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
        looks += 1;
    }
    looks.to_string()
}

/// Random numbers of each kind.
pub fn chance() -> String {
    let table: HashMap<u32, ()> = (0..16).map(|n| (n, ())).collect();
    let order: Vec<u32> = table.into_keys().collect();
    format!(
        "\"{:x} {:x} {order:?}\"",
        random::get_random_u64(),
        insecure::get_insecure_random_u64()
    )
}

/// All variables.
pub fn env() -> String {
    let mut found: Vec<String> = std::env::vars()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    found.sort();
    format!("{found:?}")
}

/// Does one thing with files, as the input says: `op` with `path` and `to`. The answer is what it came to.
pub fn files() -> String {
    let (path, to) = (input("path"), input("to"));
    let done = |result: io::Result<()>| result.map(|()| "done".to_owned());
    let answer = match input("op").as_str() {
        "read" => fs::read_to_string(&path),
        "write" => done(fs::write(&path, "written by a guest")),
        "list" => list(Path::new(&path)),
        "hard-link" => done(fs::hard_link(&path, &to)),
        "rename" => done(fs::rename(&path, &to)),
        "remove" => done(fs::remove_file(&path)),
        "symlink" => symlink(&path, &to),
        "open-many" => open_many(&path),
        other => Ok(format!("no such op: {other}")),
    };
    let answer = answer.unwrap_or_else(|error| format!("error: {:?}", error.kind()));
    format!("{answer:?}")
}

fn list(path: &Path) -> io::Result<String> {
    let mut names = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<String>>>()?;
    names.sort();
    Ok(names.join(" "))
}

/// A link at `to` in the folder that is shown first, which leads to `target`. By WASI itself: std has no stable
/// function for it.
fn symlink(target: &str, to: &str) -> io::Result<String> {
    let preopens = wasip2::filesystem::preopens::get_directories();
    let (folder, _) = preopens.first().ok_or(io::ErrorKind::NotFound)?;
    folder
        .symlink_at(target, to)
        .map(|()| "done".to_owned())
        .map_err(|code| io::Error::other(format!("{code:?}")))
}

/// Opens a file again and again, and closes none.
fn open_many(path: &str) -> io::Result<String> {
    let mut open = Vec::new();
    for _ in 0..100_000 {
        let mut file = fs::File::open(path)?;
        file.read_exact(&mut [0])?;
        open.push(file);
    }
    Ok(open.len().to_string())
}
