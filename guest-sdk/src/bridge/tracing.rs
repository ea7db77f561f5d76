//! Events of the crate `tracing`, each with the fields of the spans around it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Dispatch, Event, LevelFilter, Metadata, Subscriber};

use super::{Fields, write};
use crate::Level;

pub(super) fn install() {
    // Who has installed a subscriber of his own wants that one.
    let _ = tracing_core::dispatcher::set_global_default(Dispatch::new(Bridge::default()));
}

#[derive(Default)]
struct Bridge {
    spans: Mutex<Spans>,
    ids: AtomicU64,
}

#[derive(Default)]
struct Spans {
    open: BTreeMap<u64, Span>,
    /// Those that were entered and not left, the innermost last.
    entered: Vec<u64>,
}

struct Span {
    metadata: &'static Metadata<'static>,
    fields: Fields,
    parent: Option<u64>,
    /// Handles, and spans within it.
    references: usize,
}

impl Bridge {
    /// Never held while fields are formatted: their code may have something to say itself.
    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spans {
    fn current(&self) -> Option<u64> {
        self.entered.last().copied()
    }

    /// Adds the fields of `span` and of those around it, the outermost last, and `span` itself as `outer:inner`.
    fn describe(&self, span: Option<u64>, fields: &mut Fields) {
        let mut names = Vec::new();
        let mut next = span;
        while let Some(span) = next.and_then(|id| self.open.get(&id)) {
            names.push(span.metadata.name());
            fields.extend(span.fields.iter().cloned());
            next = span.parent;
        }
        if !names.is_empty() {
            names.reverse();
            fields.push(("span".to_owned(), names.join(":")));
        }
    }

    /// Lets go of one reference; of the parent's too where it was the last.
    fn release(&mut self, id: u64) -> bool {
        let Some(span) = self.open.get_mut(&id) else {
            return false;
        };
        span.references = span.references.saturating_sub(1);
        if span.references > 0 {
            return false;
        }
        let parent = self.open.remove(&id).and_then(|span| span.parent);
        parent.map(|parent| self.release(parent));
        true
    }
}

impl Subscriber for Bridge {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut given = Given::default();
        attributes.record(&mut given);
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        let mut spans = self.spans();
        let parent = match attributes.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if attributes.is_contextual() => spans.current(),
            None => None,
        };
        if let Some(parent) = parent.and_then(|parent| spans.open.get_mut(&parent)) {
            parent.references += 1;
        }
        let span = Span {
            metadata: attributes.metadata(),
            fields: given.into_fields(),
            parent,
            references: 1,
        };
        spans.open.insert(id, span);
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut given = Given::default();
        values.record(&mut given);
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            span.fields.extend(given.into_fields());
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut given = Given::default();
        event.record(&mut given);
        let metadata = event.metadata();
        let message = given.message.take().unwrap_or_else(|| metadata.name().to_owned());
        let mut fields = given.into_fields();
        {
            let spans = self.spans();
            let around = match event.parent() {
                Some(parent) => Some(parent.into_u64()),
                None if event.is_contextual() => spans.current(),
                None => None,
            };
            spans.describe(around, &mut fields);
        }
        write(level(metadata.level()), &message, fields, metadata.target());
    }

    fn enter(&self, id: &Id) {
        self.spans().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut spans = self.spans();
        if let Some(at) = spans
            .entered
            .iter()
            .rposition(|entered| *entered == id.into_u64())
        {
            spans.entered.remove(at);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = self.spans().open.get_mut(&id.into_u64()) {
            span.references += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        self.spans().release(id.into_u64())
    }

    fn current_span(&self) -> Current {
        let spans = self.spans();
        let current = spans.current().and_then(|id| Some((id, spans.open.get(&id)?)));
        match current {
            Some((id, span)) => Current::new(Id::from_u64(id), span.metadata),
            None => Current::none(),
        }
    }
}

fn level(level: &tracing_core::Level) -> Level {
    match *level {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        tracing_core::Level::DEBUG => Level::Debug,
        tracing_core::Level::TRACE => Level::Trace,
    }
}

/// The fields of an event or a span as text, the message apart.
#[derive(Default)]
struct Given {
    message: Option<String>,
    fields: Fields,
}

impl Given {
    fn add(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = Some(value),
            name => self.fields.push((name.to_owned(), value)),
        }
    }

    /// For spans: a field that is called `message` is one like any other.
    fn into_fields(mut self) -> Fields {
        let message = self.message.map(|message| ("message".to_owned(), message));
        self.fields.extend(message);
        self.fields
    }
}

impl Visit for Given {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}
