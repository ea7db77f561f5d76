//! Opens what is left of a disk, as the next host would, and reads it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hephaestus_host::store::Store;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_vfs::{Image, Op, Pattern, Platter};
use rusqlite::{Connection, OpenFlags};

use crate::place::DATABASE;
use crate::settings::folder;
use crate::stored::everything;

/// What a store finds in an image: all that it holds; or why it can't be used.
pub(crate) type Finding = Result<String, String>;

/// Opens an image with the real store, on an ordinary disk.
pub(crate) fn open(image: &Image) -> Finding {
    let folder = folder();
    image.write_into(folder.path()).expect("the image is written");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(read(&folder.path().join(DATABASE)))
}

async fn read(path: &Path) -> Finding {
    let store = SqliteStore::open(path)
        .await
        .map_err(|error| format!("it can't be opened: {error}"))?;
    let found = everything(&store)
        .await
        .map_err(|error| format!("it can't be read: {error}"))?;
    check_integrity(path)?;
    store
        .close()
        .await
        .map_err(|error| format!("it can't be closed: {error}"))?;
    check_integrity(path)?;
    Ok(found)
}

/// SQLite's own checks.
pub(crate) fn check_integrity(path: &Path) -> Result<(), String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| error.to_string())?;
    for (pragma, fine) in [("integrity_check", 1), ("foreign_key_check", 0)] {
        let mut statement = connection
            .prepare(&format!("PRAGMA {pragma}"))
            .map_err(|error| error.to_string())?;
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(|error| format!("{pragma}: {error}"))?;
        if rows.len() != fine || (fine == 1 && rows[0] != "ok") {
            return Err(format!("{pragma}: {rows:?}"));
        }
    }
    Ok(())
}

/// What was tried.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) points: AtomicU64,
    pub(crate) patterns: AtomicU64,
    pub(crate) images: AtomicU64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [points, patterns, images] =
            [&self.points, &self.patterns, &self.images].map(|it| it.load(Ordering::Relaxed));
        write!(
            f,
            "{points} points of power loss, {patterns} survivals, {images} different images opened"
        )
    }
}

/// Lets the power fail before each op of `trace` and after the last; at each of these points in several ways. `judge` is
/// told the point (how many ops were done), the pattern, and what was found.
pub(crate) fn lose_power_everywhere(
    trace: &[Op],
    random_patterns: u64,
    judge: impl Fn(usize, Pattern, &Finding) + Sync,
) -> Figures {
    let figures = Figures::default();
    let points = Points {
        trace,
        next: Mutex::new((0, Platter::new())),
    };
    let known = Mutex::new(HashMap::<u64, Finding>::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((point, platter)) = points.next() {
                    figures.points.fetch_add(1, Ordering::Relaxed);
                    let before_a_sync = trace.get(point).is_some_and(Op::is_sync);
                    let patterns = match platter.is_unsettled() {
                        true => patterns(point as u64, before_a_sync, random_patterns),
                        false => vec![Pattern::Nothing],
                    };
                    for pattern in patterns {
                        figures.patterns.fetch_add(1, Ordering::Relaxed);
                        let image = platter.survivors(pattern);
                        let fingerprint = image.fingerprint();
                        let seen = known.lock().unwrap().get(&fingerprint).cloned();
                        let finding = seen.unwrap_or_else(|| {
                            figures.images.fetch_add(1, Ordering::Relaxed);
                            let finding = open(&image);
                            known.lock().unwrap().insert(fingerprint, finding.clone());
                            finding
                        });
                        judge(point, pattern, &finding);
                    }
                }
            });
        }
    });
    figures
}

/// All of them where a sync was about to end the doubt, else those that differ most and one of the others in turn.
fn patterns(point: u64, before_a_sync: bool, random: u64) -> Vec<Pattern> {
    let mut patterns = vec![Pattern::Nothing, Pattern::Everything];
    let mut others = vec![
        Pattern::AllButTheLast,
        Pattern::OnlyTheLast,
        Pattern::LengthsAlone,
    ];
    for number in 0..random {
        let seed = point * 1_000 + number;
        others.extend([Pattern::Sectors(seed), Pattern::Pages(seed)]);
    }
    if before_a_sync || random > 1 {
        patterns.extend(others);
    } else {
        patterns.push(others[point as usize % others.len()]);
    }
    patterns
}

/// The points, handed out one by one to several workers.
struct Points<'a> {
    trace: &'a [Op],
    next: Mutex<(usize, Platter)>,
}

impl Points<'_> {
    fn next(&self) -> Option<(usize, Platter)> {
        let mut next = self.next.lock().unwrap();
        let (point, platter) = &mut *next;
        if *point > self.trace.len() {
            return None;
        }
        let handed = (*point, platter.clone());
        if let Some(op) = self.trace.get(*point) {
            platter.apply(op);
        }
        *point += 1;
        Some(handed)
    }
}
