//! Events as enums: the compiler checks that every event of a step leads somewhere.

use std::fmt::Debug;

/// The events that can end a step. Write implementations with [`events!`](crate::events).
pub trait Event: Copy + Debug + Eq + Send + Sync + 'static {
    /// All of them, in the order of the definition.
    const ALL: &'static [Self];

    /// The name the host knows it by: kebab-case.
    fn name(self) -> &'static str;

    /// Who brings it about.
    fn origin(self) -> Origin;
}

/// Who brings an event about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The step's own code ends with it.
    Emitted,
    /// Somebody, or a timer, sends it to the waiting step.
    Accepted,
}

/// The event `finished`, for steps that can end in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished;

impl Event for Finished {
    const ALL: &'static [Self] = &[Self];

    fn name(self) -> &'static str {
        "finished"
    }

    fn origin(self) -> Origin {
        Origin::Emitted
    }
}

/// Declares the events of a step: what its code emits, then what it `accepts` while it waits. Either can be left out.
///
/// ```
/// use hephaestus_guest::{Event, Origin, events};
///
/// events! {
///     /// How a payment ends.
///     pub enum Payment {
///         /// The card was charged.
///         Charged => "charged",
///         /// The bank said no.
///         Declined => "declined",
///     }
/// }
///
/// events! {
///     /// What people decide, or don't.
///     pub enum Approval accepts {
///         Approved => "approved",
///         Timeout => "timeout",
///     }
/// }
///
/// events! {
///     /// Small orders need nobody's approval.
///     pub enum Check { Waived => "waived" } accepts { Passed => "passed" }
/// }
///
/// assert_eq!(Payment::Charged.name(), "charged");
/// assert_eq!(Approval::Timeout.origin(), Origin::Accepted);
/// assert_eq!(Check::ALL, [Check::Waived, Check::Passed]);
/// ```
#[macro_export]
macro_rules! events {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident
        $({ $($(#[$emitted_meta:meta])* $emitted:ident => $emitted_name:literal),+ $(,)? })?
        $(accepts { $($(#[$accepted_meta:meta])* $accepted:ident => $accepted_name:literal),+ $(,)? })?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(
                $(#[$emitted_meta])*
                #[doc = concat!("\n\nEmitted as `", $emitted_name, "`.")]
                $emitted,
            )+)?
            $($(
                $(#[$accepted_meta])*
                #[doc = concat!("\n\nAccepted as `", $accepted_name, "`.")]
                $accepted,
            )+)?
        }

        impl $crate::Event for $name {
            const ALL: &'static [Self] = &[
                $($(Self::$emitted,)+)?
                $($(Self::$accepted,)+)?
            ];

            fn name(self) -> &'static str {
                match self {
                    $($(Self::$emitted => $emitted_name,)+)?
                    $($(Self::$accepted => $accepted_name,)+)?
                }
            }

            fn origin(self) -> $crate::Origin {
                match self {
                    $($(Self::$emitted => $crate::Origin::Emitted,)+)?
                    $($(Self::$accepted => $crate::Origin::Accepted,)+)?
                }
            }
        }
    };
}
