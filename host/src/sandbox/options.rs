//! What the operator can set.

use std::path::PathBuf;
use std::time::Duration;

use crate::deploy::CurrentManifest;
use crate::deploy::policy::StepLimits;

/// How a [`WasmExecutor`](super::WasmExecutor) works. The default suits a small server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxOptions {
    /// What one guest may consume.
    pub limits: SandboxLimits,
    /// How many guests can exist at the same time, those that rest between two steps included. More attempts than
    /// that wait for their turn. A step that is routed by code takes two for that moment. Default: 1,152, enough for the
    /// sandboxes of a runner with its defaults.
    pub slots: u32,
    /// Whether consecutive attempts of one sandbox may share a guest instance. Default: yes. Attempts must not depend
    /// on it; tests run them both ways.
    pub reuse: bool,
    /// How many compiled components are kept in memory although nobody uses them. Default: 64.
    pub cached_components: usize,
    /// Where compiled components are kept for the next start of a host. Default: nowhere.
    pub code_cache: Option<CodeCacheOptions>,
    /// Files and folders that no step is shown, nor a folder that holds them or lies in them, whatever the manifest says:
    /// the store, for example. The folder of `code_cache` is one of them anyway.
    pub guarded: Vec<PathBuf>,
    /// What the operator grants. The default grants nothing.
    pub manifest: CurrentManifest,
    /// Certificate authorities that guests' HTTPS requests trust besides Mozilla's: certificates in PEM.
    pub extra_roots_pem: Option<Vec<u8>>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            limits: SandboxLimits::default(),
            slots: 1_152,
            reuse: true,
            cached_components: 64,
            code_cache: None,
            guarded: Vec::new(),
            manifest: CurrentManifest::default(),
            extra_roots_pem: None,
        }
    }
}

/// A folder with compiled components.
///
/// What is in it is executed, outside of every sandbox: it must be owned by the user who runs the host, with mode 0700, and
/// no step may be granted it. It is made if it isn't there. One that can't be used, or fails, is a warning in the log:
/// components are compiled then. Several hosts can share one. On other systems than Unix there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeCacheOptions {
    /// The folder.
    pub folder: PathBuf,
    /// How many bytes its entries have together. Those that weren't used for longest go first. Default: 1 GiB.
    pub max_bytes: u64,
}

impl CodeCacheOptions {
    /// With the default bound.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            max_bytes: 1 << 30,
        }
    }
}

/// What one guest may consume.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxLimits {
    /// How long an attempt may take if its step doesn't say. Default: 30 s.
    pub deadline: Duration,
    /// How long an attempt may take if its step asks for longer than this and the manifest doesn't allow it. Default: 1 h.
    pub longest_deadline: Duration,
    /// How long `describe` and `transit` may take. They have nothing to wait for. Default: 2 s.
    pub definition_deadline: Duration,
    /// How often an attempt can call the host; noticed within 10 ms. Default: 10,000,000.
    pub host_calls: u64,
    /// How many objects of the host (open files, streams, things to wait for) a guest can hold; one more traps.
    /// Default: 256.
    pub handles: usize,
    /// The linear memory of a guest, all memories together. Default: 128 MiB.
    pub memory_bytes: usize,
    /// The depth of its call stack. Default: 512 KiB.
    pub stack_bytes: usize,
    /// The size of one of its tables. Default: 100 000 elements.
    pub table_elements: usize,
    /// The result of an attempt; also what `describe` may hand over, or one call of a host function. Default: 1 MiB.
    pub output_bytes: usize,
    /// Lines written by one attempt, logged and printed together. Default: 1000.
    pub log_lines: usize,
    /// Bytes in those lines. Default: 256 KiB.
    pub log_bytes: usize,
    /// Bytes in one line; the rest of it is cut off. Default: 8 KiB.
    pub log_line_bytes: usize,
    /// The size of a component. Default: 64 MiB.
    pub component_bytes: usize,
    /// How long compiling a component may take. A thread that is late isn't stopped (the compiler can't be), but what it
    /// comes to isn't used; a few such threads can exist at once. Default: 120 s.
    pub compile_deadline: Duration,
    /// HTTP requests of one attempt. Default: 1000.
    pub http_requests: u32,
    /// The body of one HTTP request. Default: 16 MiB.
    pub http_request_bytes: usize,
    /// The body of one HTTP response. Default: 16 MiB.
    pub http_response_bytes: usize,
    /// How long it may take to resolve a name, connect, and agree on encryption. Default: 10 s.
    pub http_connect: Duration,
    /// How long the head of a response may take. The attempt's own deadline ends it too. Default: 60 s.
    pub http_first_byte: Duration,
    /// How long the next piece of a body may take. Default: 30 s.
    pub http_between_bytes: Duration,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            longest_deadline: Duration::from_secs(60 * 60),
            definition_deadline: Duration::from_secs(2),
            host_calls: 10_000_000,
            handles: 256,
            memory_bytes: 128 << 20,
            stack_bytes: 512 << 10,
            table_elements: 100_000,
            output_bytes: 1 << 20,
            log_lines: 1000,
            log_bytes: 256 << 10,
            log_line_bytes: 8 << 10,
            component_bytes: 64 << 20,
            compile_deadline: Duration::from_secs(120),
            http_requests: 1000,
            http_request_bytes: 16 << 20,
            http_response_bytes: 16 << 20,
            http_connect: Duration::from_secs(10),
            http_first_byte: Duration::from_secs(60),
            http_between_bytes: Duration::from_secs(30),
        }
    }
}

impl SandboxLimits {
    /// These limits, as the manifest has them for a step.
    pub(super) fn with(&self, step: &StepLimits) -> Self {
        Self {
            memory_bytes: step.memory_bytes.unwrap_or(self.memory_bytes),
            output_bytes: step.output_bytes.unwrap_or(self.output_bytes),
            log_bytes: step.log_bytes.unwrap_or(self.log_bytes),
            ..self.clone()
        }
    }

    /// How long an attempt may take whose step declares `declared`, under the manifest's limits for it.
    pub(super) fn budget(&self, declared: Option<Duration>, step: &StepLimits) -> Duration {
        match (declared, step.deadline) {
            (Some(declared), longest) => declared.min(longest.unwrap_or(self.longest_deadline)),
            (None, Some(longest)) => longest,
            (None, None) => self.deadline,
        }
    }
}

/// The sandbox can't be set up on this machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The WebAssembly engine refuses its configuration.
    #[error("failed to set up the WebAssembly engine: {reason}")]
    Engine {
        /// What it says.
        reason: String,
    },
    /// A certificate of `extra_roots_pem` can't be used.
    #[error("failed to read the extra certificate authorities: {reason}; expected certificates in PEM")]
    Certificates {
        /// Why.
        reason: String,
    },
    /// The thread that enforces deadlines can't be started.
    #[error("failed to start the thread that enforces deadlines: {0}")]
    Ticker(#[source] std::io::Error),
}

/// A number of bytes for people: `128 MiB`.
pub(super) fn bytes(count: usize) -> String {
    match count {
        count if count >= 1 << 20 && count.is_multiple_of(1 << 20) => format!("{} MiB", count >> 20),
        count if count >= 1 << 10 && count.is_multiple_of(1 << 10) => format!("{} KiB", count >> 10),
        count => format!("{count} bytes"),
    }
}

/// A span of time for people: `30 s`, `1.5 s`, `250 ms`.
pub(super) fn span(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{} s", time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_deadline_counts() {
        const SECOND: Duration = Duration::from_secs(1);
        let limits = SandboxLimits {
            deadline: 30 * SECOND,
            longest_deadline: 100 * SECOND,
            ..Default::default()
        };
        let budget = |declared: Option<u32>, granted: Option<u32>| {
            let step = StepLimits {
                deadline: granted.map(|granted| granted * SECOND),
                ..Default::default()
            };
            limits
                .budget(declared.map(|declared| declared * SECOND), &step)
                .as_secs()
        };
        assert_eq!(budget(None, None), 30);
        assert_eq!(budget(None, Some(5)), 5);
        assert_eq!(budget(None, Some(500)), 500);
        assert_eq!(budget(Some(60), None), 60);
        assert_eq!(budget(Some(500), None), 100);
        assert_eq!(budget(Some(500), Some(300)), 300);
        assert_eq!(budget(Some(60), Some(300)), 60);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(128 << 20), "128 MiB");
        assert_eq!(bytes(8 << 10), "8 KiB");
        assert_eq!(bytes(1_000), "1000 bytes");
        assert_eq!(span(Duration::from_secs(30)), "30 s");
        assert_eq!(span(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(span(Duration::from_millis(250)), "250 ms");
    }
}
