//! From bytes to machine code, or the machine code from the cache. It takes seconds: not on a worker of the runtime.
//!
//! Invariants:
//!
//! - A load waits for the compiler no longer than `compile_deadline`. The compiler can't be stopped: its thread goes on, and
//!   what it comes to is thrown away.
//! - So there are never more than [`MAX_COMPILERS`] such threads. While all are late, nothing is compiled, and a load says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hephaestus_core::Digest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::cache::CodeCache;
use super::options::{SandboxOptions, bytes, span};
use super::refusal::refused;
use crate::runner::LoadError;

/// Threads that compile, those included that nobody waits for any more. Each uses all cores, and memory many times the
/// component's size.
const MAX_COMPILERS: usize = 3;

/// Makes machine code.
pub(super) struct Compiler {
    engine: Engine,
    cache: Option<Arc<CodeCache>>,
    deadline: Duration,
    threads: Arc<Semaphore>,
    compiled: AtomicU64,
}

impl Compiler {
    pub(super) fn new(engine: &Engine, options: &SandboxOptions) -> Self {
        let cache = options.code_cache.as_ref();
        Self {
            engine: engine.clone(),
            cache: cache
                .and_then(|cache| CodeCache::open(cache, engine))
                .map(Arc::new),
            deadline: options.limits.compile_deadline,
            threads: Arc::new(Semaphore::new(MAX_COMPILERS)),
            compiled: AtomicU64::new(0),
        }
    }

    /// How many components were compiled.
    pub(super) fn compiled(&self) -> u64 {
        self.compiled.load(Ordering::Relaxed)
    }

    /// What was made of the component by an earlier host.
    pub(super) async fn cached(&self, digest: Digest) -> Option<Component> {
        let cache = Arc::clone(self.cache.as_ref()?);
        let engine = self.engine.clone();
        let found = tokio::task::spawn_blocking(move || cache.get(&engine, digest));
        found.await.ok().flatten()
    }

    /// Compiles a component, and keeps what comes of it.
    pub(super) async fn compile(&self, digest: Digest, component: &[u8]) -> Result<Component, LoadError> {
        let size = component.len();
        let thread = Arc::clone(&self.threads).acquire_owned();
        let thread = match tokio::time::timeout(self.deadline, thread).await {
            Ok(Ok(thread)) => thread,
            Ok(Err(error)) => return Err(host(error)),
            Err(_) => {
                return Err(host(format!(
                    "{MAX_COMPILERS} components that take longer than {} keep the compiler busy",
                    span(self.deadline)
                )));
            }
        };
        let answer = self.start(digest, component.to_vec(), thread)?;
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(Ok(compiled))) => {
                self.compiled.fetch_add(1, Ordering::Relaxed);
                Ok(compiled)
            }
            Ok(Ok(Err(error))) => Err(refused(
                format!("a component that can't be compiled ({error:#})"),
                "a valid component within the limits of this host",
                "build it again with a released toolchain; `wasm-tools validate` says more",
            )),
            Ok(Err(_)) => Err(host("the compiler gave up")),
            Err(_) => Err(LoadError::Uncompiled {
                found: bytes(size),
                limit: span(self.deadline),
            }),
        }
    }

    /// A thread of its own, which a runtime that ends doesn't wait for.
    fn start(
        &self,
        digest: Digest,
        component: Vec<u8>,
        thread: OwnedSemaphorePermit,
    ) -> Result<oneshot::Receiver<wasmtime::Result<Component>>, LoadError> {
        let (send, answer) = oneshot::channel();
        let (engine, cache, deadline) = (self.engine.clone(), self.cache.clone(), self.deadline);
        let work = move || {
            let _thread = thread;
            let begin = Instant::now();
            let compiled = Component::from_binary(&engine, &component);
            // What took too long is no more welcome the next time.
            if let (Ok(compiled), Some(cache), true) = (&compiled, cache, begin.elapsed() < deadline) {
                cache.put(digest, compiled);
            }
            // Nobody may be waiting any more.
            let _ = send.send(compiled);
        };
        std::thread::Builder::new()
            .name("hephaestus-compiler".into())
            .spawn(work)
            .map_err(host)?;
        Ok(answer)
    }
}

fn host(reason: impl ToString) -> LoadError {
    LoadError::Host {
        reason: reason.to_string(),
    }
}
