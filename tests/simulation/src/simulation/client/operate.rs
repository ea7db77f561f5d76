//! What operators do: cancel, retry, deploy.

use hephaestus_core::InstanceId;
use hephaestus_core::engine::{EndStatus, Record};
use hephaestus_host::DeployError;
use hephaestus_host::runner::DeleteError;
use hephaestus_host::store::Store;
use hephaestus_ledger::{Observation, Order};

use super::{Client, Desk, Verdict, of_instance, of_store, verdict};
use crate::audit::Book;

impl Client {
    pub(super) async fn cancel(&mut self, desk: &Desk) {
        let Some(instance) = self.own_instance(desk) else {
            return;
        };
        let what = format!("cancels {instance}");
        let was = count(desk, instance, is_cancel) > 0;
        let reason = self.chance.one_in(2).then(|| "chance".to_owned());
        let answer = self
            .ask(desk, &what, desk.host.cancel(&instance.into(), reason))
            .await;
        self.told(desk, &what, &answer);
        let is = count(desk, instance, is_cancel) > 0;
        self.conclude(
            desk,
            (&what, Order::Cancel),
            instance,
            verdict(answer.as_ref(), desk),
            (was, is),
        );
    }

    pub(super) async fn retry(&mut self, desk: &Desk) {
        let failed = desk.audit.all(|id, book| {
            let is_failed = book.state.failure().is_some();
            (is_failed && id.0.as_u128() % 3 == self.name as u128).then_some(id)
        });
        let failed: Vec<InstanceId> = failed.into_iter().flatten().collect();
        let instance = match self.chance.one_in(5) {
            true => self.own_instance(desk),
            false => self.chance.pick(&failed).copied(),
        };
        let Some(instance) = instance else { return };
        let what = format!("retries {instance}");
        let is_retry = |record: &Record| matches!(record, Record::Retried { .. });
        let was = count(desk, instance, is_retry);
        let answer = self.ask(desk, &what, desk.host.retry(&instance.into())).await;
        self.told(desk, &what, &answer);
        let is = count(desk, instance, is_retry);
        let told = verdict(answer.as_ref(), desk);
        self.conclude(desk, (&what, Order::Retry), instance, told, (false, is > was));
    }

    pub(super) async fn delete(&mut self, desk: &Desk) {
        let Some(instance) = self.own_instance(desk) else {
            return;
        };
        let what = format!("deletes {instance}");
        let answer = self.ask(desk, &what, desk.host.delete(&instance.into())).await;
        self.told(desk, &what, &answer);
        let is_gone = desk.audit.is_removed(instance);
        let told = match answer {
            None => None,
            Some(Ok(())) => Some(Verdict::Done),
            Some(Err(DeleteError::StillActive { .. })) => Some(Verdict::NotDone),
            Some(Err(DeleteError::Instance(error))) => Some(of_instance(&error, desk)),
            Some(Err(error)) => return desk.log.violation(format_args!("{what}: {error}")),
        };
        // Retention may remove it at any time.
        if told == Some(Verdict::Done) {
            self.judge(desk, &what, told, (false, is_gone));
        }
        if told.is_none_or(|told| told == Verdict::Perhaps) {
            self.loosen(instance);
        }
    }

    fn conclude(
        &mut self,
        desk: &Desk,
        (what, order): (&str, Order),
        instance: InstanceId,
        told: Option<Verdict>,
        change: (bool, bool),
    ) {
        if desk.audit.is_removed(instance) {
            return;
        }
        if !self.is_loose(instance) {
            self.judge(desk, what, told, change);
        }
        match told {
            Some(Verdict::Done) => desk.audit.saw(Observation::Ordered { instance, order }),
            Some(Verdict::Perhaps) | None => self.loosen(instance),
            Some(Verdict::NotDone) => {}
        }
    }

    /// Something that was asked of the instance may still be done, whatever later answers say.
    pub(super) fn is_loose(&self, instance: InstanceId) -> bool {
        self.loose.contains(&instance)
    }

    pub(super) fn loosen(&mut self, instance: InstanceId) {
        self.loose.insert(instance);
    }

    /// The lowest version of each workflow; a store in trouble may refuse it.
    pub(in crate::simulation) async fn deploy_first(&mut self, desk: &Desk) {
        for (_, versions) in &desk.flows.versions {
            if let Some(first) = versions.first() {
                let _ = desk.host.deploy(&first.component).await;
            }
        }
    }

    pub(super) async fn deploy(&mut self, desk: &Desk) {
        let Some((name, versions)) = self.chance.pick(&desk.flows.versions) else {
            return;
        };
        let Some(version) = self.chance.pick(versions) else {
            return;
        };
        let what = format!("deploys {name} version {}", version.version);
        let answer = self.ask(desk, &what, desk.host.deploy(&version.component)).await;
        let answer = answer.map(|answer| answer.map(|deployed| deployed.is_new));
        self.told(desk, &what, &answer);
        match answer {
            Some(Ok(_)) => {
                desk.log.count("deployments acknowledged");
                let versions = crate::audit::at_once(desk.audit.truth().versions(Some(name)));
                let is_there = |digest| digest == version.digest;
                let is_there = versions.is_ok_and(|all| all.iter().any(|one| is_there(one.digest)));
                if !is_there {
                    desk.log
                        .violation(format_args!("{what}: it is acknowledged, and not in the store"));
                }
            }
            Some(Err(DeployError::Store(error))) => drop(of_store(&error, desk)),
            Some(Err(DeployError::Load(_))) | None => {}
            Some(Err(error)) => desk.log.violation(format_args!("{what}: {error}")),
        }
    }
}

fn is_cancel(record: &Record) -> bool {
    match record {
        Record::Cancelling { .. } => true,
        Record::Ended(ended) => ended.status == EndStatus::Cancelled,
        _ => false,
    }
}

/// How many entries of an instance are like that.
fn count(desk: &Desk, instance: InstanceId, is_meant: impl Fn(&Record) -> bool) -> usize {
    let count = |book: &Book| {
        let records = book.journal.iter().map(|entry| &entry.record);
        records.filter(|record| is_meant(record)).count()
    };
    desk.audit.look(instance, count).unwrap_or(0)
}
