//! The methods of an open file.

#![expect(unsafe_code, reason = "a VFS is a table of C functions")]

use std::ffi::{c_int, c_void};

use rusqlite::ffi;
use rusqlite::ffi::sqlite3_file;

use super::{File, INNER_OFFSET, WatchedFile};

/// Without `xFetch`: a file that is mapped could be changed behind our back.
pub(super) static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The part of an open file that belongs to the inner VFS.
pub(super) fn inner_part(file: *mut sqlite3_file) -> *mut sqlite3_file {
    file.cast::<u8>().wrapping_add(INNER_OFFSET).cast()
}

/// Calls a method of the inner file; without one, the answer is `$none`.
///
/// Used in methods of an open file only: then the inner file is open as well, with methods that SQLite never frees.
macro_rules! pass {
    ($file:expr, $method:ident($($argument:expr),*), $none:expr) => {{
        let inner = inner_part($file);
        // SAFETY: see above; the arguments are SQLite's own.
        unsafe {
            match (*(*inner).pMethods).$method {
                Some(method) => method(inner $(, $argument)*),
                None => $none,
            }
        }
    }};
}

/// What is known of an open file, if it is watched.
///
/// # Safety
///
/// `file` is open, and the reference is gone when the method returns.
unsafe fn watched<'a>(file: *mut sqlite3_file) -> Option<&'a mut WatchedFile> {
    // SAFETY: an open file of ours begins with a `File`, whose box is freed by `close` only; and SQLite uses a file from
    // one thread at a time.
    unsafe { (*file.cast::<File>()).watched.as_mut() }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let code = pass!(file, xClose(), ffi::SQLITE_IOERR_CLOSE);
    let ours = file.cast::<File>();
    // SAFETY: the box is ours, and nobody uses the file after this.
    unsafe {
        if !(*ours).watched.is_null() {
            drop(Box::from_raw((*ours).watched));
        }
        (*ours).watched = std::ptr::null_mut();
        (*ours).base.pMethods = std::ptr::null();
    }
    code
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: called for an open file.
    if let Some(watched) = unsafe { watched(file) } {
        let code = watched.disk.read();
        if code != ffi::SQLITE_OK {
            return code;
        }
    }
    pass!(file, xRead(into, bytes, offset), ffi::SQLITE_IOERR_READ)
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, bytes: c_int, offset: i64) -> c_int {
    // SAFETY: called for an open file.
    let Some(watched) = (unsafe { watched(file) }) else {
        return pass!(file, xWrite(from, bytes, offset), ffi::SQLITE_IOERR_WRITE);
    };
    // SAFETY: SQLite hands over that many bytes.
    let data = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(bytes).unwrap_or(0)) };
    let at = u64::try_from(offset).unwrap_or(0);
    let real = |data: &[u8]| {
        let bytes = c_int::try_from(data.len()).unwrap_or(c_int::MAX);
        pass!(
            file,
            xWrite(data.as_ptr().cast(), bytes, offset),
            ffi::SQLITE_IOERR_WRITE
        )
    };
    watched.look();
    watched.disk.write(&watched.name, at, data, real)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    let real = || pass!(file, xTruncate(size), ffi::SQLITE_IOERR_TRUNCATE);
    // SAFETY: called for an open file.
    match unsafe { watched(file) } {
        Some(watched) => {
            watched.look();
            let size = u64::try_from(size).unwrap_or(0);
            watched.disk.truncate(&watched.name, size, real)
        }
        None => real(),
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let real = || pass!(file, xSync(flags), ffi::SQLITE_IOERR_FSYNC);
    // SAFETY: called for an open file.
    let Some(watched) = (unsafe { watched(file) }) else {
        return real();
    };
    watched.look();
    let code = watched.disk.sync(&watched.name, watched.syncs_folder, real);
    if code == ffi::SQLITE_OK {
        watched.syncs_folder = false;
    }
    code
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    pass!(file, xFileSize(size), ffi::SQLITE_IOERR_FSTAT)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xLock(level), ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(file, xUnlock(level), ffi::SQLITE_IOERR_UNLOCK)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, answer: *mut c_int) -> c_int {
    pass!(
        file,
        xCheckReservedLock(answer),
        ffi::SQLITE_IOERR_CHECKRESERVEDLOCK
    )
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, op: c_int, argument: *mut c_void) -> c_int {
    pass!(file, xFileControl(op, argument), ffi::SQLITE_NOTFOUND)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    pass!(file, xSectorSize(), 4096)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    pass!(file, xDeviceCharacteristics(), 0)
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    memory: *mut *mut c_void,
) -> c_int {
    pass!(
        file,
        xShmMap(region, bytes, extend, memory),
        ffi::SQLITE_IOERR_SHMMAP
    )
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    pass!(file, xShmLock(offset, count, flags), ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    pass!(file, xShmBarrier(), ());
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass!(file, xShmUnmap(delete), ffi::SQLITE_IOERR_SHMMAP)
}
