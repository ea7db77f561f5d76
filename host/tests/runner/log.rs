//! What the host says, line by line.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

thread_local! {
    /// What was logged by this thread, if it is kept.
    static KEPT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Keeps what this thread logs, but for what only developers want to know. A test with paused time is one thread.
pub(crate) struct Log(());

struct Pen;

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        KEPT.with_borrow_mut(|kept| {
            if let Some(kept) = kept {
                kept.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Of all threads, and told apart by them: a subscriber of one thread alone misses what others say first.
    pub(crate) fn keep() -> Self {
        static SUBSCRIBED: Once = Once::new();
        SUBSCRIBED.call_once(|| {
            let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::INFO);
            let lines = lines.with_ansi(false).without_time();
            lines.with_writer(|| Pen).init();
        });
        KEPT.set(Some(Vec::new()));
        Self(())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let text = KEPT.with_borrow(|kept| kept.clone().unwrap_or_default());
        let text = String::from_utf8(text).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        KEPT.set(None);
    }
}
