//! Looking: whatever is shown is durable, and as new as what was durable when it was asked for.

use std::sync::Arc;

use hephaestus_core::InstanceId;
use hephaestus_core::engine::{InstanceState, JournalEntry};
use hephaestus_host::runner::InstanceError;
use hephaestus_host::store::Query;
use hephaestus_host::{Watch, WatchEvent};

use super::{Client, Desk, of_instance, of_store};

impl Client {
    pub(super) async fn read(&mut self, desk: &Desk) {
        let Some(instance) = self.some_instance(desk) else {
            return;
        };
        match self.chance.below(6) {
            0 => self.get(desk, instance).await,
            1 => self.history(desk, instance).await,
            2 => self.list(desk).await,
            3 => self.wait_for_end(desk, instance).await,
            _ => self.watch(desk, instance).await,
        }
    }

    async fn get(&self, desk: &Desk, instance: InstanceId) {
        let what = format!("gets {instance}");
        let before = version(desk, instance);
        let answer = self.ask(desk, &what, desk.host.get(&instance.into())).await;
        if let Some(state) = self.taken(desk, &what, answer) {
            self.check_state(desk, &what, &state, before);
        }
    }

    fn check_state(&self, desk: &Desk, what: &str, state: &InstanceState, before: u64) {
        let instance = state.created().instance;
        if desk.audit.is_removed(instance) {
            return;
        }
        let is_durable = desk.audit.look(instance, |book| {
            let shown = usize::try_from(state.version()).unwrap_or(usize::MAX);
            let journal = book.journal.get(..shown)?;
            let folded = InstanceState::fold(Arc::clone(book.state.workflow()), journal);
            Some(folded.is_ok_and(|folded| folded == *state))
        });
        if is_durable.flatten() != Some(true) || state.version() < before {
            let shown = state.version();
            desk.log.violation(format_args!(
                "{what}: shown is version {shown}, and that was never durable, or is older than {before}"
            ));
        }
    }

    async fn history(&self, desk: &Desk, instance: InstanceId) {
        let what = format!("reads the history of {instance}");
        let before = version(desk, instance);
        let answer = self.ask(desk, &what, desk.host.history(&instance.into())).await;
        let Some(journal) = self.taken(desk, &what, answer) else {
            return;
        };
        if desk.audit.is_removed(instance) {
            return;
        }
        let is_durable = desk
            .audit
            .look(instance, |book| book.journal.starts_with(&journal));
        if is_durable != Some(true) || (journal.len() as u64) < before {
            desk.log
                .violation(format_args!("{what}: shown is what isn't durable, or is old"));
        }
    }

    async fn list(&self, desk: &Desk) {
        let before = desk.audit.all(|id, _| id);
        let all = Query {
            limit: usize::MAX,
            ..Query::default()
        };
        let answer = self.ask(desk, "lists", desk.host.list(all)).await;
        match answer {
            Some(Ok(page)) => {
                desk.log.count("reads");
                let shown = page.instances();
                if let Some(missing) = before
                    .iter()
                    .find(|id| !shown.contains(id) && !desk.audit.is_removed(**id))
                {
                    desk.log.violation(format_args!("a list doesn't show {missing}"));
                }
                if !shown.is_sorted_by(|a, b| a > b) {
                    desk.log.violation(format_args!("a list isn't sorted"));
                }
            }
            Some(Err(error)) => drop(of_store(&error, desk)),
            None => {}
        }
    }

    async fn wait_for_end(&self, desk: &Desk, instance: InstanceId) {
        let what = format!("waits for the end of {instance}");
        let patience = self.chance.ms(200);
        let target = instance.into();
        let waiting = tokio::time::timeout(patience, desk.host.wait_for_end(&target));
        let answer = self.ask(desk, &what, waiting).await.and_then(Result::ok);
        if let Some(state) = self.taken(desk, &what, answer) {
            self.check_state(desk, &what, &state, 0);
            if !state.status().is_terminal() {
                desk.log
                    .violation(format_args!("{what}: it is {} still", state.status()));
            }
        }
    }

    async fn watch(&self, desk: &Desk, instance: InstanceId) {
        let what = format!("watches {instance}");
        let from = self.chance.below(3);
        let answer = self
            .ask(desk, &what, desk.host.watch(&instance.into(), from))
            .await;
        let Some(watch) = self.taken(desk, &what, answer) else {
            return;
        };
        let patience = self.chance.ms(150);
        // The client goes away in the midst of it.
        let _ = tokio::time::timeout(patience, self.follow(desk, &what, watch, from)).await;
    }

    async fn follow(&self, desk: &Desk, what: &str, mut watch: Watch, mut seen: u64) {
        let instance = watch.instance();
        while let Some(event) = watch.next().await {
            let WatchEvent::Entry(entry) = event else { continue };
            desk.log.count("entries watched");
            let follows = entry.seq == seen + 1;
            seen = entry.seq;
            let durable: Option<JournalEntry> = desk
                .audit
                .look(instance, |book| {
                    let at = usize::try_from(entry.seq).unwrap_or(usize::MAX).saturating_sub(1);
                    book.journal.get(at).cloned()
                })
                .flatten();
            let is_durable = durable.as_ref() == Some(&*entry) || desk.audit.is_removed(instance);
            if !follows || !is_durable {
                desk.log.violation(format_args!(
                    "{what}: {entry:?} follows: {follows}; durable is {durable:?}"
                ));
            }
        }
    }

    /// What was read; an error only says so.
    fn taken<T>(&self, desk: &Desk, what: &str, answer: Option<Result<T, InstanceError>>) -> Option<T> {
        match answer? {
            Ok(value) => {
                desk.log.count("reads");
                Some(value)
            }
            Err(error) => {
                self.told(desk, what, &error);
                of_instance(&error, desk);
                None
            }
        }
    }
}

fn version(desk: &Desk, instance: InstanceId) -> u64 {
    desk.audit
        .look(instance, |book| book.state.version())
        .unwrap_or(0)
}
