//! A workflow as it was written.

use proc_macro2::Span;
use syn::{Attribute, Expr, Ident, Path, Visibility};

use super::header::Header;
use super::join::When;
use crate::names::kebab;
use crate::options::Options;

/// The whole of it.
pub(super) struct Table {
    pub(super) docs: Vec<Attribute>,
    pub(super) header: Header,
    pub(super) visibility: Visibility,
    pub(super) name: Ident,
    pub(super) version: u32,
    /// In the order in which they were written: the first one is where instances begin.
    pub(super) entries: Vec<Entry>,
    /// Another join for `done`, which stands there.
    pub(super) done: Option<When>,
}

/// One step of the graph.
pub(super) struct Entry {
    pub(super) docs: Vec<Attribute>,
    pub(super) options: Options,
    /// Who can name it, where the table gives it another name. None: who can name the workflow.
    pub(super) visibility: Option<Visibility>,
    /// What the table calls it.
    pub(super) name: Ident,
    /// The step's type. With an alias: what the name is another name for.
    pub(super) step: Path,
    pub(super) is_alias: bool,
    pub(super) config: Option<Expr>,
    pub(super) join: Option<When>,
    pub(super) routes: Vec<Route>,
    /// Whether all of it could be read.
    pub(super) is_whole: bool,
}

/// Where some of a step's events lead.
pub(super) struct Route {
    pub(super) events: Vec<Ident>,
    pub(super) targets: Targets,
}

/// Where they lead.
pub(super) struct Targets {
    pub(super) steps: Vec<Ident>,
    /// The function that chooses among them.
    pub(super) chooser: Option<Path>,
    /// Where they are written.
    pub(super) span: Span,
}

impl Entry {
    /// The name that the host knows it by.
    pub(super) fn step_name(&self) -> String {
        kebab(&self.name)
    }
}

impl Table {
    /// Whether all of its lines could be read.
    pub(super) fn is_whole(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(|entry| entry.is_whole)
    }

    /// The entry that an identifier of the table means.
    pub(super) fn entry(&self, name: &Ident) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == *name)
    }
}

/// The event of a step that has used up its attempts. No variant is written like this.
pub(super) fn is_failed(event: &Ident) -> bool {
    event == "failed"
}

/// The end of the graph, which has no entry.
pub(super) fn is_done(step: &Ident) -> bool {
    step == "done"
}
