//! What a step returned, checked.

use std::collections::BTreeMap;
use std::time::Duration;

use hephaestus_core::engine::{Failure, FailureKind, Outcome};
use hephaestus_core::{EventName, Json, StepRef};

use super::bindings::exports::hephaestus::workflow::steps as wit;
use super::options::{SandboxLimits, bytes};
use super::output::{Newlines, cut, printable};

/// The longest error message that is kept, in bytes.
const MESSAGE_BYTES: usize = 8 << 10;

/// Turns what `execute` returned into an outcome. Whether the step declares the event is the engine's to check.
/// `was_denied`: whether the host denied the attempt anything; a guest that only says so has failed by itself.
pub(super) fn outcome(
    returned: Result<wit::Outcome, wit::StepError>,
    was_denied: bool,
    limits: &SandboxLimits,
) -> Outcome {
    let checked = match returned {
        Ok(wit::Outcome::Completed(completion)) => completed(completion, limits),
        Ok(wit::Outcome::Waiting(wit::Wait { resume_after })) => Ok(Outcome::Wait {
            resume_after: resume_after.map(Duration::from_millis),
        }),
        Err(error) => Err(failed(&error, was_denied)),
    };
    checked.unwrap_or_else(Outcome::Failed)
}

/// A message as it is kept.
pub(super) fn message(text: &str) -> String {
    printable(cut(text, MESSAGE_BYTES), Newlines::Keep)
}

fn failed(error: &wit::StepError, was_denied: bool) -> Failure {
    let is_denial = was_denied && error.kind == wit::ErrorKind::CapabilityDenied;
    Failure {
        kind: if is_denial {
            FailureKind::CapabilityDenied
        } else {
            FailureKind::GuestError
        },
        message: message(&error.message),
        retryable: error.retryable && !is_denial,
    }
}

fn completed(completion: wit::Completion, limits: &SandboxLimits) -> Result<Outcome, Failure> {
    let wit::Completion {
        event,
        result,
        metadata,
    } = completion;
    let size = result.as_ref().map_or(0, String::len)
        + metadata
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>();
    if size > limits.output_bytes {
        let message = format!(
            "a result of {size} bytes, expected at most {}",
            bytes(limits.output_bytes)
        );
        return Err(Failure::new(FailureKind::OutputLimit, message));
    }
    let invalid = |message: String| Failure::new(FailureKind::OutputInvalid, message);
    let event = EventName::new(&event).map_err(|error| invalid(format!("the event {error}")))?;
    let result = result
        .map(|text| Json::parse(&text).map_err(|error| invalid(format!("a result that is {error}"))))
        .transpose()?;
    let metadata: BTreeMap<String, String> = metadata.into_iter().collect();
    Ok(Outcome::Completed {
        event,
        result,
        metadata,
    })
}

/// Turns what `transit` returned into step names. Whether they are declared targets is the engine's to check.
pub(super) fn targets(returned: &[String]) -> Result<Vec<StepRef>, Failure> {
    let target = |name: &String| {
        StepRef::new(name)
            .map_err(|error| Failure::new(FailureKind::Routing, format!("`transit` chose {error}")))
    };
    returned.iter().map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(event: &str, result: Option<&str>) -> Outcome {
        let completion = wit::Completion {
            event: event.into(),
            result: result.map(Into::into),
            metadata: vec![("k".into(), "v".into())],
        };
        let limits = SandboxLimits {
            output_bytes: 16,
            ..Default::default()
        };
        outcome(Ok(wit::Outcome::Completed(completion)), false, &limits)
    }

    fn failure(outcome: Outcome) -> Failure {
        match outcome {
            Outcome::Failed(failure) => failure,
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    #[test]
    fn a_good_result_passes() {
        let expected = Outcome::Completed {
            event: EventName::new("paid").unwrap(),
            result: Some(Json::parse("[1, 2]").unwrap()),
            metadata: BTreeMap::from([("k".into(), "v".into())]),
        };
        assert_eq!(complete("paid", Some("[1, 2]")), expected);
    }

    #[test]
    fn rubbish_is_told_apart() {
        assert_eq!(failure(complete("Paid!", None)).kind, FailureKind::OutputInvalid);
        assert_eq!(
            failure(complete("paid", Some("{"))).kind,
            FailureKind::OutputInvalid
        );
        let large = failure(complete("paid", Some("\"0123456789abcdef\"")));
        assert_eq!(large.kind, FailureKind::OutputLimit);
        assert_eq!(large.message, "a result of 20 bytes, expected at most 16 bytes");
        assert_eq!(targets(&["Nope".into()]).unwrap_err().kind, FailureKind::Routing);
    }

    #[test]
    fn an_error_keeps_its_word_on_retrying() {
        let error = wit::StepError {
            message: "busy\x1b[2J".into(),
            retryable: true,
            kind: wit::ErrorKind::Other,
        };
        let failure = failure(outcome(Err(error), true, &SandboxLimits::default()));
        assert!(failure.is_retryable());
        assert_eq!(failure.message, "busy\u{fffd}[2J");
        assert_eq!(failure.kind, FailureKind::GuestError);
    }

    #[test]
    fn a_denial_counts_only_if_the_host_denied_something() {
        let said = |was_denied| {
            let error = wit::StepError {
                message: "no".into(),
                retryable: true,
                kind: wit::ErrorKind::CapabilityDenied,
            };
            failure(outcome(Err(error), was_denied, &SandboxLimits::default()))
        };
        assert_eq!(said(true).kind, FailureKind::CapabilityDenied);
        assert!(!said(true).is_retryable());
        assert_eq!(said(false).kind, FailureKind::GuestError);
    }
}
