//! Planted faults: each must be found, said, and cost no more than a compilation.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets what it doesn't expect fails"
)]

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use hephaestus_core::Digest;
use rustix::fs::{FileType, FlockOperation, Mode};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

use super::CodeCache;
use super::entry::{self, Environment, Flaw, Key};
use super::folder::{Folder, FolderError, judge_file};
use crate::sandbox::CodeCacheOptions;

/// An empty component, the smallest that can be compiled.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const DIGEST: Digest = Digest([7; 32]);

/// A cache in a folder of its own, and what it keeps.
struct Rig {
    /// Removed with the rig.
    outside: tempfile::TempDir,
    engine: Engine,
    compiled: Component,
}

impl Rig {
    fn new() -> Self {
        let engine = Engine::default();
        Self {
            outside: tempfile::tempdir().unwrap(),
            compiled: Component::from_binary(&engine, COMPONENT).unwrap(),
            engine,
        }
    }

    fn folder(&self) -> PathBuf {
        self.outside.path().join("hephaestus").join("code")
    }

    fn try_open(&self, folder: &Path, max_bytes: u64) -> Option<CodeCache> {
        let mut options = CodeCacheOptions::new(folder);
        options.max_bytes = max_bytes;
        CodeCache::open(&options, &self.engine)
    }

    fn open(&self) -> CodeCache {
        self.try_open(&self.folder(), 1 << 20).unwrap()
    }

    fn key(&self) -> Key {
        Key::new(DIGEST, Environment::of(&self.engine))
    }

    fn file(&self) -> PathBuf {
        self.folder().join(self.key().file_name())
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// With an entry.
    fn filled() -> (Self, CodeCache) {
        let rig = Self::new();
        let cache = rig.open();
        cache.put(DIGEST, &rig.compiled);
        assert!(cache.get(&rig.engine, DIGEST).is_some());
        (rig, cache)
    }

    /// What is in the entry's place is not used, is said, and is gone; the next one is used.
    fn expect_refused(&self, cache: &CodeCache, said: &str) {
        let log = logged(|| assert!(cache.get(&self.engine, DIGEST).is_none(), "{said}: used"));
        assert!(
            log.contains(said) && log.contains("is not used, but removed"),
            "{said}: {log}"
        );
        assert!(self.file().symlink_metadata().is_err(), "{said}: still there");
        let quiet = logged(|| {
            assert!(cache.get(&self.engine, DIGEST).is_none());
            cache.put(DIGEST, &self.compiled);
            assert!(cache.get(&self.engine, DIGEST).is_some(), "{said}: rebuilt");
        });
        assert_eq!(quiet, "", "{said}: said once");
    }
}

/// What is logged from `info` on meanwhile.
fn logged(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_entry_is_found_again_by_its_component_only() {
    let (rig, _) = Rig::filled();
    assert_eq!(
        fs::metadata(rig.folder()).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let next = rig.open();
    assert!(next.get(&rig.engine, DIGEST).is_some());
    assert!(next.get(&rig.engine, Digest([8; 32])).is_none());
    // In the place of another one.
    let other = Digest([8; 32]);
    fs::rename(
        rig.file(),
        rig.folder()
            .join(Key::new(other, Environment::of(&rig.engine)).file_name()),
    )
    .unwrap();
    let log = logged(|| assert!(next.get(&rig.engine, other).is_none()));
    assert!(
        log.contains("an entry for another component or another engine"),
        "{log}"
    );
}

#[test]
fn code_for_another_engine_is_not_used() {
    let (rig, _) = Rig::filled();
    let mut config = Config::new();
    config.epoch_interruption(true);
    let engine = Engine::new(&config).unwrap();
    let other = CodeCache::open(&CodeCacheOptions::new(rig.folder()), &engine).unwrap();
    assert!(other.get(&engine, DIGEST).is_none(), "found under another name");
    let key = Key::new(DIGEST, Environment::of(&engine));
    assert_ne!(key.file_name(), rig.key().file_name());
    fs::copy(rig.file(), rig.folder().join(key.file_name())).unwrap();
    let log = logged(|| assert!(other.get(&engine, DIGEST).is_none(), "found in its place"));
    assert!(log.contains("another engine"), "{log}");

    // A header that lies, with a checksum that is right: wasmtime looks for itself.
    let body = rig.compiled.serialize().unwrap();
    let lie = [&entry::header(&key, &body)[..], &body].concat();
    let file = rig.folder().join(key.file_name());
    fs::write(&file, lie).unwrap();
    chmod(&file, 0o600);
    let log = logged(|| assert!(other.get(&engine, DIGEST).is_none()));
    assert!(log.contains("epoch"), "{log}");

    // Another wasmtime, as far as the key can tell.
    let mut config = Config::new();
    let version = wasmtime::ModuleVersionStrategy::Custom("47".into());
    config.module_version(version).unwrap();
    let older = Engine::new(&config).unwrap();
    assert_ne!(Environment::of(&older), Environment::of(&rig.engine));
    assert_eq!(Environment::of(&Engine::default()), Environment::of(&rig.engine));
}

#[test]
fn every_byte_that_changes_and_every_cut_is_found() {
    let (rig, _) = Rig::filled();
    let whole = fs::read(rig.file()).unwrap();
    assert!(entry::check(whole.clone(), &rig.key()).is_ok());
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(entry::check(damaged, &rig.key()).is_err(), "byte {at}");
    }
    for length in 0..whole.len() {
        let flaw = entry::check(whole[..length].to_vec(), &rig.key()).unwrap_err();
        assert_eq!(
            matches!(flaw, Flaw::Short { .. }),
            length < entry::HEADER_BYTES,
            "{flaw}"
        );
    }
    let longer = [&whole[..], b"\0"].concat();
    assert!(matches!(
        entry::check(longer, &rig.key()),
        Err(Flaw::Length { .. })
    ));
}

#[test]
fn a_damaged_file_is_refused_and_made_again() {
    let (rig, cache) = Rig::filled();
    let whole = fs::read(rig.file()).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[at] = !damaged[at];
        fs::write(rig.file(), &damaged).unwrap();
        rig.expect_refused(&cache, "entry");
        fs::write(rig.file(), &whole[..at]).unwrap();
        rig.expect_refused(&cache, "bytes");
    }
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    let (rig, cache) = Rig::filled();
    let elsewhere = rig.outside.path().join("elsewhere");
    fs::copy(rig.file(), &elsewhere).unwrap();
    fs::remove_file(rig.file()).unwrap();
    symlink(&elsewhere, rig.file()).unwrap();
    rig.expect_refused(&cache, "a symbolic link");
    assert!(elsewhere.exists(), "what the link named is not touched");

    for mode in [0o644, 0o602, 0o700, 0o400] {
        chmod(&rig.file(), mode);
        rig.expect_refused(&cache, &format!("mode {mode:04o}; expected owner"));
    }

    fs::remove_file(rig.file()).unwrap();
    let folder = File::open(rig.folder()).unwrap();
    let name = rig.key().file_name();
    rustix::fs::mknodat(&folder, &*name, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    rig.expect_refused(&cache, "no plain file");

    File::options()
        .write(true)
        .open(rig.file())
        .unwrap()
        .set_len(2 << 20)
        .unwrap();
    rig.expect_refused(&cache, "a file of 2097152 bytes");
}

#[test]
fn files_of_others_are_refused() {
    let (rig, cache) = Rig::filled();
    let us = rustix::process::geteuid().as_raw();
    let metadata = fs::metadata(rig.file()).unwrap();
    assert!(judge_file(&metadata, us, 1 << 20).is_ok());
    let refused = judge_file(&metadata, us + 1, 1 << 20).unwrap_err().to_string();
    assert!(refused.contains(&format!("found a file with owner {us} and mode 0600")));
    if us == 0 {
        std::os::unix::fs::chown(rig.file(), Some(65534), None).unwrap();
        rig.expect_refused(&cache, "owner 65534");
        std::os::unix::fs::chown(rig.folder(), Some(65534), None).unwrap();
        let log = logged(|| assert!(rig.try_open(&rig.folder(), 1 << 20).is_none()));
        assert!(
            log.contains("with owner 65534 and mode 0700; expected owner 0"),
            "{log}"
        );
    } else {
        // Somebody else's folder that is on every system.
        assert!(matches!(
            Folder::open(Path::new("/")),
            Err(FolderError::NotOurs { .. })
        ));
        println!("skipped: giving a file to somebody else, which takes root");
    }
}

#[test]
fn a_folder_that_others_can_use_is_refused() {
    let (rig, _) = Rig::filled();
    for mode in [0o777, 0o1777, 0o770, 0o750, 0o701, 0o500] {
        chmod(&rig.folder(), mode);
        let log = logged(|| assert!(rig.try_open(&rig.folder(), 1 << 20).is_none(), "{mode:o}"));
        let facts = format!("and mode {:04o}; expected owner", mode & 0o777);
        assert!(log.contains(&facts) && log.contains("chmod 0700"), "{log}");
    }
    chmod(&rig.folder(), 0o700);
    let link = rig.outside.path().join("link");
    symlink(rig.folder(), &link).unwrap();
    let file = rig.outside.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [link, file] {
        let log = logged(|| assert!(rig.try_open(&path, 1 << 20).is_none()));
        assert!(
            log.contains("to be a symbolic link or no folder; expected a folder"),
            "{log}"
        );
    }
}

#[test]
fn a_folder_that_is_opened_to_others_later_is_not_used_meanwhile() {
    let (rig, cache) = Rig::filled();
    chmod(&rig.folder(), 0o777);
    let log = logged(|| {
        for _ in 0..3 {
            assert!(cache.get(&rig.engine, DIGEST).is_none());
            cache.put(Digest([8; 32]), &rig.compiled);
        }
    });
    assert_eq!(log.matches("mode 0777").count(), 1, "once: {log}");
    assert_eq!(rig.names().len(), 1, "nothing was written");
    chmod(&rig.folder(), 0o700);
    let log = logged(|| cache.put(Digest([8; 32]), &rig.compiled));
    assert!(log.contains("can be used again"), "{log}");
    assert!(cache.get(&rig.engine, DIGEST).is_some());
}

#[test]
fn a_folder_that_is_gone_or_replaced_is_said_once() {
    let (rig, cache) = Rig::filled();
    fs::rename(rig.folder(), rig.outside.path().join("away")).unwrap();
    fs::create_dir(rig.folder()).unwrap();
    chmod(&rig.folder(), 0o700);
    assert!(
        cache.get(&rig.engine, DIGEST).is_some(),
        "the folder is the open one, wherever it is now"
    );
    assert!(rig.names().is_empty());
    fs::remove_dir_all(rig.outside.path().join("away")).unwrap();
    let log = logged(|| {
        for _ in 0..3 {
            assert!(cache.get(&rig.engine, DIGEST).is_none());
            cache.put(DIGEST, &rig.compiled);
        }
    });
    assert_eq!(log.matches("failed to create a file").count(), 1, "{log}");
}

#[test]
fn the_bound_holds_and_what_was_not_used_for_longest_goes() {
    let (rig, _) = Rig::filled();
    let entry_bytes = fs::metadata(rig.file()).unwrap().len();
    let max_bytes = entry_bytes * 4 - 1;
    let cache = rig.try_open(&rig.folder(), max_bytes).unwrap();
    let file = |number: u8| {
        let key = Key::new(Digest([number; 32]), Environment::of(&rig.engine));
        rig.folder().join(key.file_name())
    };
    let age = |number: u8, seconds: u64| {
        let then = SystemTime::now() - Duration::from_secs(seconds);
        File::open(file(number)).unwrap().set_modified(then).unwrap();
    };
    cache.put(Digest([1; 32]), &rig.compiled);
    cache.put(Digest([2; 32]), &rig.compiled);
    for (number, seconds) in [(7, 300), (1, 200), (2, 100)] {
        age(number, seconds);
    }
    assert!(cache.get(&rig.engine, DIGEST).is_some(), "the oldest is used");
    cache.put(Digest([3; 32]), &rig.compiled);
    let there = |numbers: [u8; 4]| numbers.map(|number| file(number).exists());
    assert_eq!(there([7, 1, 2, 3]), [true, false, true, true]);
    for number in 10..20 {
        cache.put(Digest([number; 32]), &rig.compiled);
        let total: u64 = rig
            .names()
            .iter()
            .map(|name| fs::metadata(rig.folder().join(name)).unwrap().len())
            .sum();
        assert!(total <= max_bytes, "{total} of {max_bytes}");
    }
    assert_eq!(rig.names().len(), 3);

    // A bound that got lower holds from the start; what can't fit drives nothing out.
    let small = rig.try_open(&rig.folder(), entry_bytes).unwrap();
    assert_eq!(rig.names().len(), 1);
    drop(small);
    let folder = Folder::open(&rig.folder()).unwrap();
    let refused = folder.make_room(entry_bytes + 1, entry_bytes).unwrap_err();
    assert!(matches!(refused, FolderError::NoRoom { .. }), "{refused}");
    assert_eq!(rig.names().len(), 1);
}

#[test]
fn what_was_begun_and_given_up_is_cleaned_and_what_is_written_is_not() {
    let (rig, cache) = Rig::filled();
    let [given_up, written, stranger] =
        ["a.partial", "b.partial", "README"].map(|name| rig.folder().join(name));
    fs::write(&given_up, "half").unwrap();
    fs::write(&stranger, "not ours to remove").unwrap();
    let mut writer = File::create(&written).unwrap();
    rustix::fs::flock(&writer, FlockOperation::NonBlockingLockExclusive).unwrap();
    writer.write_all(b"half").unwrap();
    cache.put(DIGEST, &rig.compiled);
    assert_eq!(
        [&given_up, &written, &stranger].map(|file| file.exists()),
        [false, true, true]
    );
    drop(writer);
    rig.open();
    assert!(!written.exists(), "its writer has ended");
}

#[test]
fn two_hosts_at_once_never_find_half_an_entry() {
    let (rig, _) = Rig::filled();
    let found = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let cache = rig.open();
                let log = logged(|| {
                    for _ in 0..100 {
                        cache.put(DIGEST, &rig.compiled);
                        if cache.get(&rig.engine, DIGEST).is_some() {
                            found.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
                assert!(!log.contains("is not used, but removed"), "{log}");
            });
        }
    });
    assert_eq!(found.into_inner(), 400);
    assert_eq!(rig.names().len(), 1, "and nothing is left of it");
}
