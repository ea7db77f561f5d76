//! A write, and what can be done about it before its turn comes.
//!
//! All writes of a host go through one place, one after the other. What a store can do for each by itself, such as
//! turning it into text, is done where the write was decided, on all cores ([`Store::prepare`](super::Store::prepare)).

use std::sync::Arc;

use serde::Serialize;

use super::{StoreError, Write};

/// A write on its way to a store.
#[derive(Debug, Clone)]
pub struct Prepared {
    write: Arc<Write>,
    texts: Option<Texts>,
}

impl From<Arc<Write>> for Prepared {
    /// As it is.
    fn from(write: Arc<Write>) -> Self {
        Self { write, texts: None }
    }
}

impl Prepared {
    /// With everything as JSON that durable stores keep as JSON.
    pub fn with_texts(write: Arc<Write>) -> Result<Self, StoreError> {
        let texts = Some(Texts::of(&write)?);
        Ok(Self { write, texts })
    }

    /// What is to be written.
    pub fn write(&self) -> &Write {
        &self.write
    }

    /// The write and its JSON texts; they are made now if they weren't before.
    pub fn into_texts(self) -> Result<(Arc<Write>, Texts), StoreError> {
        let texts = match self.texts {
            Some(texts) => texts,
            None => Texts::of(&self.write)?,
        };
        Ok((self.write, texts))
    }

    /// The write alone; copied if somebody else has it too.
    pub fn into_write(self) -> Write {
        Arc::unwrap_or_clone(self.write)
    }
}

/// The records of a write, and then its summary, as JSON, in one buffer.
#[derive(Debug, Clone)]
pub struct Texts {
    buffer: String,
    /// Where each text ends.
    ends: Vec<usize>,
}

impl Texts {
    /// About what a record or a summary takes.
    const USUAL_BYTES: usize = 512;

    fn of(write: &Write) -> Result<Self, StoreError> {
        let change = write.change();
        let count = change.entries.len() + 1;
        let mut buffer = Vec::with_capacity(count * Self::USUAL_BYTES);
        let mut ends = Vec::with_capacity(count);
        let failed = |error: String| StoreError::Malformed {
            reason: format!("instance {}: {error}", write.instance()),
        };
        for entry in &change.entries {
            append(&mut buffer, &entry.record).map_err(failed)?;
            ends.push(buffer.len());
        }
        append(&mut buffer, &change.summary).map_err(failed)?;
        ends.push(buffer.len());
        let buffer = String::from_utf8(buffer).map_err(|error| failed(error.to_string()))?;
        Ok(Self { buffer, ends })
    }

    /// The record of each entry, in their order.
    pub fn records(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len().saturating_sub(1)).map(|at| self.text(at))
    }

    /// The summary.
    pub fn summary(&self) -> &str {
        self.text(self.ends.len().saturating_sub(1))
    }

    fn text(&self, at: usize) -> &str {
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.buffer[begin..self.ends[at]]
    }
}

fn append(buffer: &mut Vec<u8>, value: &impl Serialize) -> Result<(), String> {
    serde_json::to_writer(buffer, value).map_err(|error| error.to_string())
}
