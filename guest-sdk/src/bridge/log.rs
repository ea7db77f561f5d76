//! Records of the crate `log`.

use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};

use super::{Fields, write};
use crate::Level;

struct Bridge;

pub(super) fn install() {
    // Who has installed a logger of his own wants that one.
    if log::set_logger(&Bridge).is_ok() {
        log::set_max_level(LevelFilter::Trace);
    }
}

impl Log for Bridge {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            log::Level::Error => Level::Error,
            log::Level::Warn => Level::Warn,
            log::Level::Info => Level::Info,
            log::Level::Debug => Level::Debug,
            log::Level::Trace => Level::Trace,
        };
        let mut pairs = Pairs(Fields::new());
        // `Pairs` refuses nothing; a source that breaks off has given what it had.
        let _ = record.key_values().visit(&mut pairs);
        write(level, &record.args().to_string(), pairs.0, record.target());
    }

    fn flush(&self) {}
}

/// The key-value pairs of a record, as text.
struct Pairs(Fields);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push((key.to_string(), value.to_string()));
        Ok(())
    }
}
