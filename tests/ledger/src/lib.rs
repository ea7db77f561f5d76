//! What the world outside a host saw (acknowledgements, executions), and whether that fits what the host has stored.
//!
//! One checker for every proof of durability: kills, power losses, faults of the store, simulations. It knows the
//! records of `hephaestus-core` and nothing of hosts. It folds journals again, with a fold of its own that is
//! simpler than the engine's and shares no code with it: a bug of the engine's own fold doesn't hide itself.
//!
//! ```
//! use hephaestus_ledger::{Checker, Expect, Observation};
//!
//! # let instance: hephaestus_core::InstanceId = "0190163d-8694-739b-aea5-966c26f8ad91".parse()?;
//! let mut checker = Checker::new();
//! checker.observe(Observation::Started { instance, request: None }); // `start_instance` returned
//! checker.observe(Observation::Journal { instance, entries: vec![] }); // and the store holds nothing
//! let report = checker.finish(Expect::AllEnded);
//! assert_eq!(report.violations.len(), 1);
//! # Ok::<(), hephaestus_core::InvalidId>(())
//! ```

mod checker;
mod figures;
mod fold;
mod instance;
mod journal;
mod observation;
mod violation;

pub use checker::{Checker, Expect, Report};
pub use figures::Figures;
pub use observation::{Observation, Order};
pub use violation::Violation;
