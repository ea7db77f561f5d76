//! What an attempt of native code comes to, by the rules of the sandbox.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hephaestus_core::engine::{Failure, FailureKind, Outcome, Routing};
use hephaestus_core::{EventName, Json, StepRef};

use crate::describe::milliseconds;
use crate::step::ErasedOutcome;
use crate::{Outcome as Returned, StepError};

/// How much an attempt may hand over: the host's default, as operators see it in `output-limit`.
const OUTPUT_BYTES: usize = 1 << 20;

/// Runs code of the workflow. A panic is a trap there.
pub(super) fn run<T>(code: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| trap(&said(panic.as_ref())))
}

/// What a component's panic comes to. Its place isn't told: it would change with every edit.
fn trap(message: &str) -> Failure {
    Failure::new(FailureKind::Trap, format!("panicked: {message}"))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "with something that is no text".into())
}

/// The outcome of an attempt that returned. Whether the step declares the event is the engine's to check.
pub(super) fn outcome(returned: Result<ErasedOutcome, StepError>) -> Outcome {
    match returned {
        Ok(Returned::Completed {
            event,
            output,
            metadata,
        }) => completed(event, output, metadata).unwrap_or_else(Outcome::Failed),
        Ok(Returned::Waiting { resume_after }) => Outcome::Wait {
            resume_after: resume_after.map(|limit| Duration::from_millis(milliseconds(limit))),
        },
        Err(error) => Outcome::Failed(Failure {
            kind: if error.is_denied() {
                FailureKind::CapabilityDenied
            } else {
                FailureKind::GuestError
            },
            message: error.message().into(),
            retryable: error.is_retryable(),
        }),
    }
}

fn completed(
    event: &str,
    output: Option<String>,
    metadata: Vec<(String, String)>,
) -> Result<Outcome, Failure> {
    let facts: usize = metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
    let size = output.as_ref().map_or(0, String::len) + facts;
    if size > OUTPUT_BYTES {
        let message = format!("a result of {size} bytes, expected at most 1 MiB");
        return Err(Failure::new(FailureKind::OutputLimit, message));
    }
    let invalid = |message: String| Failure::new(FailureKind::OutputInvalid, message);
    let result = output.map(|text| Json::parse(&text)).transpose();
    Ok(Outcome::Completed {
        event: EventName::new(event).map_err(|error| invalid(format!("the event {error}")))?,
        result: result.map_err(|error| invalid(format!("a result that is {error}")))?,
        metadata: metadata.into_iter().collect(),
    })
}

/// What a chooser's answer comes to. Whether the targets are declared is the engine's to check.
pub(super) fn routing(chosen: Result<Result<Vec<&'static str>, StepError>, Failure>) -> Routing {
    // The WIT has no other way for a component to say it than to trap.
    let chosen = chosen?.map_err(|error| trap(error.message()))?;
    let target = |name: &str| {
        StepRef::new(name)
            .map_err(|error| Failure::new(FailureKind::Routing, format!("`transit` chose {error}")))
    };
    chosen.into_iter().map(target).collect()
}
