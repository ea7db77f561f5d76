//! Spans of time and sizes, as they are written: a text with a unit.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use hephaestus_core::definition::PolicyProblem;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// What no guest can have more of: the address space of a 32-bit memory.
const LARGEST: ByteSize = ByteSize::gib(4);

/// `"30s"`, `"5m"`, `"1h 30m"`: longer than nothing, ten years at most.
#[derive(Debug, Clone, Copy)]
pub(in crate::deploy::manifest) struct Span(pub(in crate::deploy::manifest) Duration);

/// `"128 MiB"`, `"64KiB"`, `"1MB"`: from one byte to 4 GiB.
#[derive(Debug, Clone, Copy)]
pub(in crate::deploy::manifest) struct Size(pub(in crate::deploy::manifest) usize);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span of time with its unit, like \"30s\", \"5m\" or \"1h 30m\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
                let Ok(span) = humantime::parse_duration(text) else {
                    return Err(E::invalid_value(Unexpected::Str(text), &self));
                };
                match PolicyProblem::of_deadline(span) {
                    None => Ok(Span(span)),
                    Some(problem) => Err(E::custom(format!("{text:?} {}", problem.message))),
                }
            }
        }
        deserializer.deserialize_any(Text)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size with its unit, 4 GiB at most, like \"128 MiB\" or \"64 KiB\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
                let size = text.parse().ok();
                // A number alone could be meant in any unit.
                let has_unit = text.ends_with(|last: char| last.is_ascii_alphabetic());
                size.filter(|size| has_unit && (ByteSize::b(1)..=LARGEST).contains(size))
                    .and_then(|size: ByteSize| usize::try_from(size.as_u64()).ok())
                    .map(Size)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Text)
    }
}
