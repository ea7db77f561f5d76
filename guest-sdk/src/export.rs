//! The component's exports, all derived from one [`Workflow`].

/// Makes a component of a function that returns a [`Workflow`](crate::Workflow): writes all its exports. Once per crate, whose crate type is
/// `cdylib`. In native builds it exports nothing, so that unit tests link. [`workflow!`](crate::workflow) does it by
/// itself.
#[macro_export]
macro_rules! export {
    ($workflow:path) => {
        const _: () = {
            struct Exported;

            impl $crate::__private::Exported for Exported {
                fn workflow() -> &'static $crate::Workflow {
                    static WORKFLOW: ::std::sync::OnceLock<$crate::Workflow> = ::std::sync::OnceLock::new();
                    WORKFLOW.get_or_init($workflow)
                }
            }

            type Component = $crate::__private::Exports<Exported>;

            // Natively the names of the exports would be symbols that no linker accepts.
            #[cfg(target_family = "wasm")]
    $crate::bindings::export_world!(Component with_types_in $crate::bindings);

            // So that natively nothing of it counts as unused.
            const _: ::core::marker::PhantomData<Component> = ::core::marker::PhantomData;
        };
    };
}

/// What [`export!`](crate::export) implements.
pub trait Exported {
    /// The workflow, built once per guest instance.
    fn workflow() -> &'static crate::Workflow;
}

/// The exports of the workflow `W`.
pub struct Exports<W>(std::marker::PhantomData<W>);

#[cfg(target_family = "wasm")]
mod component {
    use std::io::Write;

    use super::{Exported, Exports};
    use crate::bindings::exports::hephaestus::workflow::{definition, routing, steps};
    use crate::context::host::Host;
    use crate::describe::{describe, milliseconds};
    use crate::step::ErasedOutcome;
    use crate::{Context, Outcome};

    impl<W: Exported> definition::Guest for Exports<W> {
        fn describe() -> definition::WorkflowDefinition {
            describe(W::workflow())
        }
    }

    impl<W: Exported> routing::Guest for Exports<W> {
        fn transit(step: String, event: String) -> Vec<String> {
            listen();
            let targets = W::workflow().transit(&step, &event, &Context::new(Host));
            flush();
            match targets {
                Ok(targets) => targets.into_iter().map(Into::into).collect(),
                // The WIT has no other way to say it: the trap becomes a failure of kind `routing`.
                Err(error) => panic!("{error}"),
            }
        }
    }

    impl<W: Exported> steps::Guest for Exports<W> {
        fn execute(step: String) -> Result<steps::Outcome, steps::StepError> {
            listen();
            let outcome = W::workflow().execute(&step, &Context::new(Host));
            flush();
            outcome.map(to_wit).map_err(|error| steps::StepError {
                retryable: error.is_retryable(),
                kind: if error.is_denied() {
                    steps::ErrorKind::CapabilityDenied
                } else {
                    steps::ErrorKind::Other
                },
                message: error.message().into(),
            })
        }
    }

    /// Makes log lines of the attempt of what libraries write, where that is wanted.
    fn listen() {
        #[cfg(any(feature = "log", feature = "tracing"))]
        crate::bridge::install();
    }

    fn to_wit(outcome: ErasedOutcome) -> steps::Outcome {
        match outcome {
            Outcome::Completed {
                event,
                output,
                metadata,
            } => steps::Outcome::Completed(steps::Completion {
                event: event.into(),
                result: output,
                metadata,
            }),
            Outcome::Waiting { resume_after } => steps::Outcome::Waiting(steps::Wait {
                resume_after: resume_after.map(milliseconds),
            }),
        }
    }

    /// The host may use this guest instance for the next step: what this one printed must not show up there.
    fn flush() {
        // Output is a courtesy: where it can't be written, the step's outcome still counts.
        let _ = std::io::stdout().flush();
        let _ = std::io::stderr().flush();
    }
}
