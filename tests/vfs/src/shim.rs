//! The VFS itself: the only code here that is unsafe.
//!
//! It stands around the operating system's VFS. Names, locks, shared memory and time are passed through; what reads or
//! changes a file goes by way of its [`Disk`]. A file that isn't in a watched folder is passed through whole.
//!
//! What makes it sound, all of it SQLite's contract for a VFS:
//!
//! - SQLite gives each open file `szOsFile` bytes, aligned to 8, and never moves them. We ask for [`File`] and, behind it,
//!   what the inner VFS asks for.
//! - It calls no method of a file before `xOpen` or after `xClose`, and never two of one file at once.
//! - It calls `xClose` exactly if `pMethods` was set by `xOpen`, be it that `xOpen` failed.

#![expect(unsafe_code, reason = "a VFS is a table of C functions")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rusqlite::ffi;

use crate::VFS;
use crate::disk::Disk;
use crate::trace::FileName;

mod file;

/// What SQLite's memory for an open file begins with; the inner VFS's own part follows it.
#[repr(C)]
struct File {
    /// The first, so that a pointer to us is a pointer to it.
    base: ffi::sqlite3_file,
    /// From a box; null for a file that isn't watched.
    watched: *mut WatchedFile,
}

/// An open file on a watched disk.
struct WatchedFile {
    disk: Arc<Disk>,
    name: FileName,
    /// Its first sync is to sync its folder as well: SQLite's rule for logs and journals.
    syncs_folder: bool,
    /// Whether to look if somebody wrote to it past SQLite.
    is_marked: bool,
}

impl WatchedFile {
    /// Before SQLite changes it.
    fn look(&mut self) {
        if std::mem::take(&mut self.is_marked) {
            self.disk.notice_rewritten(&self.name);
        }
    }
}

/// Where the inner VFS's part begins, a multiple of 8.
const INNER_OFFSET: usize = size_of::<File>().next_multiple_of(8);

/// The VFS behind ours.
struct Inner(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's own VFS is never freed, and its functions may be called from each thread.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

static INNER: OnceLock<Inner> = OnceLock::new();

/// Makes the VFS known to SQLite, once.
pub(crate) fn register() {
    INNER.get_or_init(|| {
        // SAFETY: null asks for the default, which SQLite registers by itself and never frees.
        let inner = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        assert!(!inner.is_null(), "SQLite has a VFS for this system");
        // SAFETY: not null, so it is a VFS; nobody writes to it.
        let outer = Box::into_raw(Box::new(unsafe { around(&*inner) }));
        // SAFETY: `outer` and its name are leaked, so they are valid for ever.
        let code = unsafe { ffi::sqlite3_vfs_register(outer, 0) };
        assert_eq!(code, ffi::SQLITE_OK, "the VFS is registered");
        Inner(inner)
    });
}

/// The VFS behind ours. We are called only when registered, so it is there.
fn inner() -> *mut ffi::sqlite3_vfs {
    INNER.get().map_or(std::ptr::null_mut(), |inner| inner.0)
}

fn around(inner: &ffi::sqlite3_vfs) -> ffi::sqlite3_vfs {
    let name = CString::new(VFS).unwrap_or_default();
    let own_bytes = c_int::try_from(INNER_OFFSET).unwrap_or(c_int::MAX);
    ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: own_bytes + inner.szOsFile,
        mxPathname: inner.mxPathname,
        pNext: std::ptr::null_mut(),
        zName: name.into_raw(),
        pAppData: std::ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        // These don't look at their VFS.
        xDlOpen: inner.xDlOpen,
        xDlError: inner.xDlError,
        xDlSym: inner.xDlSym,
        xDlClose: inner.xDlClose,
        xRandomness: inner.xRandomness,
        xSleep: inner.xSleep,
        xCurrentTime: inner.xCurrentTime,
        xGetLastError: inner.xGetLastError,
        xCurrentTimeInt64: inner.xCurrentTimeInt64,
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}

/// The disk that a file is on, if it is watched.
///
/// # Safety
///
/// `name` is null or a C string.
unsafe fn watched(name: *const c_char) -> Option<(Arc<Disk>, FileName, bool)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, so a C string, says the caller.
    let path = Path::new(unsafe { CStr::from_ptr(name) }.to_str().ok()?);
    let (disk, name) = Disk::of(path)?;
    Some((disk, name, path.exists()))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let ours = file.cast::<File>();
    // SAFETY: SQLite gave us room for a `File`.
    unsafe {
        (*ours).base.pMethods = std::ptr::null();
        (*ours).watched = std::ptr::null_mut();
    }
    let vfs = inner();
    // SAFETY: never freed.
    let Some(open) = (unsafe { (*vfs).xOpen }) else {
        return ffi::SQLITE_CANTOPEN;
    };
    // SAFETY: the arguments are SQLite's own; the inner part is the room that we asked for on behalf of that VFS.
    let real = || unsafe { open(vfs, name, file::inner_part(file), flags, flags_out) };
    // SAFETY: SQLite's names are null or C strings.
    let found = unsafe { watched(name) };
    let creates = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let code = match &found {
        Some((disk, name, false)) if creates => disk.create(name, real),
        _ => real(),
    };
    // SAFETY: `open` sets the methods of the inner part, or clears them; if it was never called, they are whatever lay
    // there, and the code isn't OK.
    let is_open = code == ffi::SQLITE_OK && unsafe { !(*file::inner_part(file)).pMethods.is_null() };
    if !is_open {
        return code;
    }
    let has_log =
        flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL) != 0;
    // SAFETY: as above.
    unsafe {
        (*ours).base.pMethods = &raw const file::METHODS;
        if let Some((disk, name, existed)) = found {
            let syncs_folder = creates && has_log;
            let is_log = flags & ffi::SQLITE_OPEN_WAL != 0 && flags & ffi::SQLITE_OPEN_READWRITE != 0;
            let is_marked = existed && is_log && disk.mark(&name);
            (*ours).watched = Box::into_raw(Box::new(WatchedFile {
                disk,
                name,
                syncs_folder,
                is_marked,
            }));
        }
    }
    code
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, with_folder: c_int) -> c_int {
    let vfs = inner();
    // SAFETY: never freed.
    let Some(delete) = (unsafe { (*vfs).xDelete }) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    // SAFETY: SQLite's own arguments.
    let real = || unsafe { delete(vfs, name, with_folder) };
    // SAFETY: SQLite's names are C strings.
    match unsafe { watched(name) } {
        Some((disk, name, _)) => disk.delete(&name, with_folder != 0, real),
        None => real(),
    }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    answer: *mut c_int,
) -> c_int {
    let vfs = inner();
    // SAFETY: never freed; SQLite's own arguments.
    unsafe {
        match (*vfs).xAccess {
            Some(access) => access(vfs, name, flags, answer),
            None => ffi::SQLITE_IOERR_ACCESS,
        }
    }
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    bytes: c_int,
    path: *mut c_char,
) -> c_int {
    let vfs = inner();
    // SAFETY: never freed; SQLite's own arguments.
    unsafe {
        match (*vfs).xFullPathname {
            Some(full_pathname) => full_pathname(vfs, name, bytes, path),
            None => ffi::SQLITE_CANTOPEN,
        }
    }
}
