//! [`WasmExecutor`]: loads components and makes sandboxes; [`WasmSandbox`]: runs the attempts of one instance.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use hephaestus_core::engine::{Failure, FailureKind, Outcome, Receipt, Routing};
use hephaestus_core::{Digest, EventName};
use wasmtime::Engine;
use wasmtime::component::Linker;

use super::bindings::exports::hephaestus::workflow::steps as wit;
use super::code::{Cache, Code};
use super::compile::Compiler;
use super::ctx::{self, GuestCtx, Scope};
use super::engine::{Ticker, engine};
use super::guest::Guest;
use super::http::Network;
use super::options::{SandboxError, SandboxLimits, SandboxOptions};
use super::outcome::{message, outcome, targets};
use super::output::Output;
use super::slots::{RestId, Slots};
use super::wasi::Wasi;
use crate::deploy::overlap;
use crate::deploy::policy::{Isolation, StepPolicy};
use crate::runner::{Attempt, AttemptReport, LoadError, LoadedWorkflow, OutputLine, Sandbox, StepExecutor};

/// Executes steps in WebAssembly components. Cheap to clone. Needs a tokio runtime with its timer enabled.
#[derive(Clone)]
pub struct WasmExecutor(Arc<Shared>);

/// What all sandboxes of an executor share.
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) options: SandboxOptions,
    pub(super) linker: Linker<GuestCtx>,
    pub(super) slots: Slots<Guest>,
    /// Real paths that no step is shown.
    pub(super) guarded: Vec<PathBuf>,
    pub(super) cache: Cache,
    pub(super) compiler: Compiler,
    pub(super) network: Arc<Network>,
    /// Held while a component is compiled: one at a time, each on all cores.
    pub(super) compiling: tokio::sync::Mutex<()>,
    _ticker: Ticker,
}

impl WasmExecutor {
    /// Sets up an engine.
    pub fn new(options: SandboxOptions) -> Result<Self, SandboxError> {
        let engine = engine(&options)?;
        Ok(Self(Arc::new(Shared {
            linker: linker(&engine)?,
            slots: Slots::new(options.slots),
            guarded: guarded(&options),
            network: Arc::new(Network::new(options.extra_roots_pem.as_deref())?),
            cache: Cache::new(options.cached_components),
            compiler: Compiler::new(&engine, &options),
            compiling: tokio::sync::Mutex::new(()),
            _ticker: Ticker::start(engine.clone())?,
            engine,
            options,
        })))
    }

    /// How many components were compiled here. Those that were loaded besides came from
    /// [`SandboxOptions::code_cache`].
    pub fn compiled(&self) -> u64 {
        self.0.compiler.compiled()
    }

    /// The names of the interfaces that a component imports. `None`: it was not loaded here, or not for a while.
    pub fn imports(&self, digest: Digest) -> Option<Vec<String>> {
        let code = self.0.cache.get(digest)?;
        let shape = code.pre.instance_pre().component().component_type();
        let names = shape.imports(&self.0.engine).map(|(name, _)| name.to_owned());
        Some(names.collect())
    }
}

impl std::fmt::Debug for WasmExecutor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasmExecutor")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}

fn guarded(options: &SandboxOptions) -> Vec<PathBuf> {
    let cache = options.code_cache.iter().map(|cache| &cache.folder);
    options
        .guarded
        .iter()
        .chain(cache)
        .map(|path| overlap::real(path))
        .collect()
}

fn linker(engine: &Engine) -> Result<Linker<GuestCtx>, SandboxError> {
    let mut linker = Linker::new(engine);
    match ctx::add_to_linker(&mut linker) {
        Ok(()) => Ok(linker),
        Err(error) => Err(SandboxError::Engine {
            reason: format!("{error:#}"),
        }),
    }
}

#[async_trait]
impl StepExecutor for WasmExecutor {
    async fn load(&self, digest: Digest, component: &[u8]) -> Result<LoadedWorkflow, LoadError> {
        let code = self.0.load(digest, component).await?;
        Ok(LoadedWorkflow {
            digest,
            workflow: Arc::clone(&code.workflow),
        })
    }

    fn sandbox(&self, workflow: &LoadedWorkflow) -> Box<dyn Sandbox> {
        Box::new(WasmSandbox {
            shared: Arc::clone(&self.0),
            code: self.0.cache.get(workflow.digest).ok_or(workflow.digest),
            resting: None,
        })
    }
}

/// Runs the attempts of one instance, one at a time.
struct WasmSandbox {
    shared: Arc<Shared>,
    /// The digest, if the code was never loaded here.
    code: Result<Arc<Code>, Digest>,
    /// The guest of the last attempt, if it can be used again.
    resting: Option<Resting>,
}

/// A guest that rests, and the policy it was made for: it may remember what it learnt by its grants, and has its
/// limits for life.
struct Resting {
    id: RestId,
    policy: Arc<StepPolicy>,
}

impl WasmSandbox {
    fn code(&self) -> Result<Arc<Code>, Failure> {
        self.code.clone().map_err(|digest| {
            Failure::new(FailureKind::Host, format!("the component {digest} is not loaded"))
        })
    }

    /// The resting guest if the attempt may use it. Taken out: it rests again only after a clean return.
    fn wake(&mut self, attempt: &Attempt, policy: &StepPolicy) -> Option<Guest> {
        let resting = self.resting.take()?;
        let guest = self.shared.slots.wake(resting.id)?;
        let may_be_reused = attempt.attempt == 1 && self.reuses(policy) && *resting.policy == *policy;
        may_be_reused.then_some(guest)
    }

    /// Whether a guest may serve a second attempt.
    fn reuses(&self, policy: &StepPolicy) -> bool {
        self.shared.options.reuse && policy.isolation == Isolation::Instance
    }

    async fn fresh(&self, wasi: Wasi<'_>, limits: &SandboxLimits) -> Result<Guest, Failure> {
        let shared = &*self.shared;
        let slot = shared
            .slots
            .acquire()
            .await
            .map_err(|error| Failure::new(FailureKind::Host, format!("no slot for a guest: {error}")))?;
        Guest::new(shared, wasi, limits, slot)
    }

    async fn try_execute(
        &mut self,
        attempt: Attempt,
        policy: Arc<StepPolicy>,
    ) -> Result<AttemptReport, Failure> {
        let code = self.code()?;
        let limits = &self.shared.options.limits.with(&policy.limits);
        let (mut guest, reused) = match self.wake(&attempt, &policy) {
            Some(guest) => (guest, true),
            None => {
                let wasi = Wasi::Step {
                    grants: &policy.grants,
                    attempt: &attempt,
                    guarded: &self.shared.guarded,
                };
                (self.fresh(wasi, limits).await?, false)
            }
        };
        let attempt = Arc::new(attempt);
        let call = guest.begin(
            Some(scope(&attempt, &code, Some(Arc::clone(&policy)))),
            limits.budget(attempt.deadline, &policy.limits),
        );
        let ended = call
            .run(limits, guest.execute(&code.pre, attempt.step.to_string()))
            .await;

        let retry = policy.retry.clone();
        let outcome = match ended.result {
            Ok(returned) => judge(returned, ended.guest.as_ref(), limits),
            Err(failure) => Outcome::Failed(failure),
        };
        let outcome = tidied(outcome, &ended.words);
        if self.reuses(&policy) && is_clean(&outcome) {
            let id = ended.guest.and_then(|guest| self.shared.slots.rest(guest));
            self.resting = id.map(|id| Resting { id, policy });
        }
        ended.tally.bytes_out(handed_over(&outcome, &ended.output));
        let receipt = ended.tally.write(Receipt {
            wall_us: u64::try_from(ended.wall.as_micros()).unwrap_or(u64::MAX),
            memory_before_bytes: ended.memory_before_bytes as u64,
            memory_bytes: ended.memory_bytes as u64,
            reused,
            ..Receipt::nothing(attempt.started_at)
        });
        Ok(AttemptReport {
            outcome,
            receipt,
            output: ended.output,
            retry,
        })
    }

    async fn try_transit(&self, attempt: Attempt, event: &EventName) -> Routing {
        let code = self.code()?;
        let limits = &self.shared.options.limits;
        let mut guest = self.fresh(Wasi::Definition, limits).await?;
        let attempt = Arc::new(attempt);
        let call = guest.begin(Some(scope(&attempt, &code, None)), limits.definition_deadline);
        let transit = guest.transit(&code.pre, attempt.step.to_string(), event.to_string());
        targets(&call.run(limits, transit).await.result?)
    }
}

/// What a guest returned, as an outcome. Its words are kept, the secrets in them are not.
fn judge(
    returned: Result<wit::Outcome, wit::StepError>,
    guest: Option<&Guest>,
    limits: &SandboxLimits,
) -> Outcome {
    let returned = returned.map_err(|error| match guest {
        Some(guest) => wit::StepError {
            message: guest.output().redact(&error.message),
            ..error
        },
        None => error,
    });
    outcome(returned, guest.is_some_and(Guest::was_denied), limits)
}

/// Failures tell what a guest said, and what its functions are called: without the secrets that it has read, as long as
/// messages may be, and as printable text. An event that is a secret is none.
fn tidied(outcome: Outcome, words: &Output) -> Outcome {
    let failure = match outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Completed { ref event, .. } if words.redact(event.as_str()) != event.as_str() => {
            Failure::new(
                FailureKind::OutputInvalid,
                "an event whose name has a secret in it",
            )
        }
        other => return other,
    };
    Outcome::Failed(Failure {
        message: message(&words.redact(&failure.message)),
        ..failure
    })
}

/// How many bytes the host keeps of what an attempt returned and wrote.
fn handed_over(outcome: &Outcome, output: &[OutputLine]) -> usize {
    let result = match outcome {
        Outcome::Completed { result, .. } => result.as_ref().map_or(0, |json| json.as_str().len()),
        Outcome::Failed(failure) => failure.message.len(),
        Outcome::Wait { .. } => 0,
    };
    let fields = |line: &OutputLine| -> usize {
        line.fields
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum()
    };
    let written = output.iter().map(|line| line.message.len() + fields(line));
    result + written.sum::<usize>()
}

fn scope(attempt: &Arc<Attempt>, code: &Code, policy: Option<Arc<StepPolicy>>) -> Scope {
    Scope {
        attempt: Arc::clone(attempt),
        workflow: Arc::clone(&code.workflow),
        policy,
    }
}

/// Whether the guest that came to this outcome can be trusted with another attempt.
fn is_clean(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Completed { .. } | Outcome::Wait { .. } => true,
        Outcome::Failed(failure) => {
            matches!(
                failure.kind,
                FailureKind::GuestError | FailureKind::CapabilityDenied
            )
        }
    }
}

#[async_trait]
impl Sandbox for WasmSandbox {
    async fn execute(&mut self, attempt: Attempt) -> AttemptReport {
        let started_at = attempt.started_at;
        // As of now: what the operator changes counts from the next attempt on.
        let manifest = self.shared.options.manifest.get();
        let policy = manifest.policy(&attempt.workflow, &attempt.step);
        let retry = policy.retry.clone();
        let mut report = self
            .try_execute(attempt, policy)
            .await
            .unwrap_or_else(|failure| AttemptReport {
                outcome: Outcome::Failed(failure),
                receipt: Receipt::nothing(started_at),
                output: Vec::new(),
                retry,
            });
        report.receipt.manifest = manifest.digest();
        report
    }

    async fn transit(&mut self, attempt: Attempt, event: &EventName) -> Routing {
        self.try_transit(attempt, event).await.map_err(|failure| Failure {
            message: match failure.kind {
                FailureKind::Routing => failure.message,
                kind => format!("`transit` failed ({kind}): {}", failure.message),
            },
            kind: match failure.kind {
                kind @ (FailureKind::Deadline | FailureKind::Host) => kind,
                _ => FailureKind::Routing,
            },
            retryable: false,
        })
    }
}

impl Drop for WasmSandbox {
    fn drop(&mut self) {
        if let Some(resting) = self.resting.take() {
            drop(self.shared.slots.wake(resting.id));
        }
    }
}
