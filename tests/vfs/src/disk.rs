//! The disk under a test: records what is done to it, and fails when told to. Safe code; [`crate::shim`] puts it under SQLite.
//!
//! Each call is done and recorded under one lock, so the [trace](Disk::trace) has the order in which things happened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::ffi;

use crate::trace::{FileName, Op};

/// A result code of SQLite.
pub(crate) type Code = std::ffi::c_int;

/// How a call to the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing is done: `EIO`.
    Refused,
    /// All is done, and then: `EIO`.
    Unacknowledged,
    /// There is no room, nothing is done: `ENOSPC`. Cutting, removing and syncing need none.
    Full,
    /// Half of the bytes fit, then there is no room. Other calls as with [`Self::Full`].
    Short,
    /// Syncs fail, and what was to be written counts as clean, as on Linux. Other calls work.
    Unsynced,
    /// Syncs answer that they worked, and nothing was synced: a disk that lies.
    Lied,
    /// Syncs take that long, and work.
    Slow(Duration),
    /// Reads fail: `EIO`. Other calls work.
    Unread,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// A file is created.
    Create,
    /// Bytes are written.
    Write,
    /// A file is cut, or extended.
    Truncate,
    /// A file is synced.
    Sync,
    /// A file is removed.
    Delete,
    /// Bytes are read.
    Read,
}

impl Fault {
    /// Whether that call can fail so.
    pub fn concerns(self, call: Call) -> bool {
        match self {
            Self::Refused | Self::Unacknowledged => call != Call::Read,
            Self::Full | Self::Short => matches!(call, Call::Create | Call::Write),
            Self::Unsynced | Self::Slow(_) => call == Call::Sync,
            Self::Lied => matches!(call, Call::Sync | Call::Delete),
            Self::Unread => call == Call::Read,
        }
    }
}

/// A folder whose disk is watched, as long as this lives. Databases are opened in it with the VFS [`crate::VFS`].
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trace: Vec<Op>,
    /// Calls that change something, so far.
    changes: Vec<Call>,
    reads: u64,
    orders: Vec<Order>,
    /// How often orders were carried out.
    faults: u64,
    names: BTreeSet<FileName>,
}

/// Calls that fail: by their numbers, counted from 1, reads apart.
#[derive(Debug, Clone, Copy)]
struct Order {
    from: u64,
    to: u64,
    fault: Fault,
}

/// When no file was written.
fn the_mark() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1)
}

static DISKS: Mutex<BTreeMap<PathBuf, Arc<Disk>>> = Mutex::new(BTreeMap::new());

fn disks() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Disk>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the folder's disk out of the list when it is dropped. Files that are open go on using it.
#[derive(Debug)]
pub struct Watched(Arc<Disk>);

impl std::ops::Deref for Watched {
    type Target = Disk;
    fn deref(&self) -> &Disk {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        disks().remove(&self.0.folder);
    }
}

impl Disk {
    /// Watches an empty folder.
    pub fn watch(folder: &Path) -> std::io::Result<Watched> {
        crate::shim::register();
        let disk = Arc::new(Self {
            folder: folder.canonicalize()?,
            state: Mutex::default(),
        });
        disks().insert(disk.folder.clone(), Arc::clone(&disk));
        Ok(Watched(disk))
    }

    /// The disk that a file is on, and the file's name there.
    pub(crate) fn of(path: &Path) -> Option<(Arc<Self>, FileName)> {
        let disk = Arc::clone(disks().get(path.parent()?)?);
        let name = FileName::from(path.file_name()?.to_str()?);
        let name = disk.intern(name);
        Some((disk, name))
    }

    fn intern(&self, name: FileName) -> FileName {
        let mut state = self.state();
        if let Some(known) = state.names.get(&name) {
            return known.clone();
        }
        state.names.insert(name.clone());
        name
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much has been done to the disk so far: a place in its [trace](Self::trace).
    pub fn position(&self) -> usize {
        self.state().trace.len()
    }

    /// What was done to the disk.
    pub fn trace(&self) -> Vec<Op> {
        self.state().trace.clone()
    }

    /// The calls that change something, failed ones among them.
    pub fn changes(&self) -> Vec<Call> {
        self.state().changes.clone()
    }

    /// How many reads there were.
    pub fn reads(&self) -> u64 {
        self.state().reads
    }

    /// How many calls failed because they were told to, or were slow.
    pub fn faults(&self) -> u64 {
        self.state().faults
    }

    /// The `nth` call from now on (1: the next one) fails, if it is one that can; and `more` that follow it. With
    /// [`Fault::Unread`] reads are counted, else calls that change something.
    pub fn fail(&self, fault: Fault, nth: u64, more: u64) {
        let mut state = self.state();
        let counted = match fault {
            Fault::Unread => state.reads,
            _ => state.changes.len() as u64,
        };
        let from = counted.saturating_add(nth);
        let to = from.saturating_add(more);
        state.orders.push(Order { from, to, fault });
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        self.state().orders.clear();
    }

    /// Marks a log that is opened for writing, so that [`Self::notice_rewritten`] can tell. Not by another connection's
    /// leave: locks are on other files.
    pub(crate) fn mark(&self, file: &FileName) -> bool {
        let path = self.folder.join(&**file);
        let marked = std::fs::OpenOptions::new().write(true).open(path);
        marked.is_ok_and(|log| log.set_modified(the_mark()).is_ok())
    }

    /// A store may write a log again, as it is, past SQLite: what a sync that failed may have left out. To be called before
    /// SQLite changes a marked log. That it was written is seen here, with what; that it was also synced is taken on trust: a
    /// test of the store's own shows it (`host/src/store/sqlite/log/tests.rs`).
    pub(crate) fn notice_rewritten(&self, file: &FileName) {
        let path = self.folder.join(&**file);
        let modified = path.metadata().and_then(|log| log.modified());
        if modified.is_ok_and(|at| at == the_mark()) {
            return;
        }
        let Ok(bytes) = std::fs::read(path) else { return };
        let mut state = self.state();
        let file = file.clone();
        state.trace.push(Op::Write {
            file: file.clone(),
            offset: 0,
            bytes: bytes.into(),
        });
        if !state.lies_next() {
            state.trace.push(Op::Sync {
                file,
                with_folder: false,
            });
        }
    }

    pub(crate) fn create(&self, file: &FileName, real: impl FnOnce() -> Code) -> Code {
        let mut state = self.state();
        match state.next_fault(Call::Create) {
            None => {}
            Some(_) => return ffi::SQLITE_CANTOPEN,
        }
        let code = real();
        if code == ffi::SQLITE_OK {
            state.trace.push(Op::Create { file: file.clone() });
        }
        code
    }

    pub(crate) fn write(
        &self,
        file: &FileName,
        offset: u64,
        bytes: &[u8],
        real: impl FnOnce(&[u8]) -> Code,
    ) -> Code {
        let mut state = self.state();
        let (written, answer) = match state.next_fault(Call::Write) {
            None => (bytes, None),
            Some(Fault::Refused) => return ffi::SQLITE_IOERR_WRITE,
            Some(Fault::Full) => return ffi::SQLITE_FULL,
            Some(Fault::Short) => (&bytes[..bytes.len() / 2], Some(ffi::SQLITE_FULL)),
            Some(_) => (bytes, Some(ffi::SQLITE_IOERR_WRITE)),
        };
        let code = real(written);
        if code == ffi::SQLITE_OK && !written.is_empty() {
            state.trace.push(Op::Write {
                file: file.clone(),
                offset,
                bytes: written.into(),
            });
        }
        answer.unwrap_or(code)
    }

    pub(crate) fn truncate(&self, file: &FileName, size: u64, real: impl FnOnce() -> Code) -> Code {
        let op = Op::Truncate {
            file: file.clone(),
            size,
        };
        self.change(Call::Truncate, op, ffi::SQLITE_IOERR_TRUNCATE, real)
    }

    pub(crate) fn delete(&self, file: &FileName, with_folder: bool, real: impl FnOnce() -> Code) -> Code {
        let op = Op::Delete {
            file: file.clone(),
            with_folder,
        };
        self.change(Call::Delete, op, ffi::SQLITE_IOERR_DELETE, real)
    }

    fn change(&self, call: Call, mut op: Op, failed: Code, real: impl FnOnce() -> Code) -> Code {
        let mut state = self.state();
        let fault = state.next_fault(call);
        if fault == Some(Fault::Refused) {
            return failed;
        }
        let code = real();
        let lies = fault == Some(Fault::Lied);
        if let Op::Delete { with_folder, .. } = &mut op {
            *with_folder &= !lies;
        }
        if code == ffi::SQLITE_OK {
            state.trace.push(op);
        }
        if fault.is_some() && !lies { failed } else { code }
    }

    pub(crate) fn sync(&self, file: &FileName, with_folder: bool, real: impl FnOnce() -> Code) -> Code {
        let fault = self.state().next_fault(Call::Sync);
        let file = file.clone();
        match fault {
            None | Some(Fault::Unacknowledged) => {}
            Some(Fault::Slow(time)) => std::thread::sleep(time),
            Some(Fault::Lied) => return ffi::SQLITE_OK,
            Some(_) => {
                self.state().trace.push(Op::FailedSync { file });
                return ffi::SQLITE_IOERR_FSYNC;
            }
        }
        let mut state = self.state();
        let code = real();
        if code == ffi::SQLITE_OK {
            state.trace.push(Op::Sync { file, with_folder });
        }
        match fault {
            Some(Fault::Unacknowledged) => ffi::SQLITE_IOERR_FSYNC,
            _ => code,
        }
    }

    pub(crate) fn read(&self) -> Code {
        match self.state().next_fault(Call::Read) {
            Some(_) => ffi::SQLITE_IOERR_READ,
            None => ffi::SQLITE_OK,
        }
    }
}

impl State {
    /// Whether a sync that came now would be a lie.
    fn lies_next(&self) -> bool {
        let next = self.changes.len() as u64 + 1;
        let lies = |order: &Order| order.fault == Fault::Lied && (order.from..=order.to).contains(&next);
        self.orders.iter().any(lies)
    }

    fn next_fault(&mut self, call: Call) -> Option<Fault> {
        let number = match call {
            Call::Read => {
                self.reads += 1;
                self.reads
            }
            _ => {
                self.changes.push(call);
                self.changes.len() as u64
            }
        };
        let hits = |order: &&Order| (order.from..=order.to).contains(&number) && order.fault.concerns(call);
        let fault = self.orders.iter().find(hits)?.fault;
        self.faults += 1;
        Some(fault)
    }
}
