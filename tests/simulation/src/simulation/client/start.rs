//! Starting instances.

use std::time::Duration;

use hephaestus_core::{BusinessValue, InstanceId, Json, RequestId, WorkflowName, WorkflowVersion};
use hephaestus_host::runner::{Runner, StartError, StartOptions};
use hephaestus_ledger::Observation;

use super::{Client, Desk, Verdict, of_start};

/// A request that was made, and can be repeated.
#[derive(Debug, Clone)]
pub(in crate::simulation) struct Request {
    id: RequestId,
    workflow: WorkflowName,
    input: Json,
    options: StartOptions,
    /// The instance that the client was told.
    instance: Option<InstanceId>,
    /// It may still be done: the client didn't wait, or was told that nobody knows.
    is_open: bool,
}

impl Request {
    /// Its host is gone.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }
}

impl Client {
    pub(super) async fn start(&mut self, desk: &Desk) {
        let at = match self.requests.is_empty() || !self.chance.one_in(4) {
            true => {
                let Some(request) = self.request(desk) else { return };
                self.requests.push(request);
                self.requests.len() - 1
            }
            false => self.chance.index(self.requests.len()),
        };
        let request = self.requests[at].clone();
        let what = format!("starts {} as {}", request.workflow, request.id);
        let before = desk.audit.created_by(&request.id);
        let options = request.options.clone();
        let starting = desk
            .host
            .start_instance(&request.workflow, request.input.clone(), options);
        let answer = self.ask(desk, &what, starting).await;
        self.told(desk, &what, &answer);
        let after = desk.audit.created_by(&request.id);
        let verdict = match &answer {
            None => None,
            Some(Ok(instance)) => {
                desk.log.add("starts repeated", u64::from(before.is_some()));
                if !desk.audit.is_removed(*instance) {
                    desk.audit.saw(Observation::Started {
                        instance: *instance,
                        request: Some(request.id.clone()),
                    });
                }
                self.check_started(desk, &request, *instance);
                self.requests[at].instance = Some(*instance);
                Some(Verdict::Done)
            }
            Some(Err(error)) => {
                self.check_refused(desk, &request, error);
                Some(of_start(error, desk))
            }
        };
        // A repetition of what was removed meanwhile.
        let was_removed = before.is_some_and(|instance| desk.audit.is_removed(instance));
        if !request.is_open && !was_removed {
            self.judge(desk, &what, verdict, (before.is_some(), after.is_some()));
        }
        self.requests[at].is_open |= verdict.is_none_or(|verdict| verdict == Verdict::Perhaps);
    }

    fn request(&mut self, desk: &Desk) -> Option<Request> {
        let id = RequestId::new(&self.fresh('r')).ok()?;
        let (workflow, versions) = self.chance.pick(&desk.flows.versions)?;
        let input = match self.chance.below(30) {
            0 => "[1]".to_owned(),
            number => format!("{{\"n\":{number}}}"),
        };
        let value = ["a", "b", "c", "d"].get(self.chance.index(12)).copied();
        let version = match self.chance.below(10) {
            0 => self.chance.pick(versions).map(|version| version.version),
            1 if self.chance.one_in(3) => Some(WorkflowVersion(9)),
            _ => None,
        };
        let deadline = self
            .chance
            .one_in(10)
            .then(|| self.chance.ms(20_000) + Duration::from_millis(1));
        let options = StartOptions {
            business_value: value.and_then(|value| BusinessValue::new(value).ok()),
            request_id: Some(id.clone()),
            version,
            deadline,
            ..StartOptions::default()
        };
        Some(Request {
            id,
            workflow: workflow.clone(),
            input: Json::parse(&input).ok()?,
            options,
            instance: None,
            is_open: false,
        })
    }

    fn check_started(&self, desk: &Desk, request: &Request, instance: InstanceId) {
        let log = &desk.log;
        let id = &request.id;
        if desk.audit.is_removed(instance) {
            return;
        }
        if request
            .instance
            .is_some_and(|known| known != instance && !desk.audit.is_removed(known))
        {
            let known = request.instance;
            log.violation(format_args!(
                "{id} is answered with {instance}, before with {known:?}"
            ));
        }
        let fits = desk.audit.look(instance, |book| {
            let created = book.state.created();
            let options = &request.options;
            let value = options.business_value.as_ref();
            created.request_id.as_ref() == Some(id)
                && created.workflow == request.workflow
                && created.initial == request.input
                && options.version.is_none_or(|version| version == created.version)
                && value.is_none_or(|value| *value == created.business_id.value)
        });
        if fits != Some(true) {
            log.violation(format_args!(
                "the acknowledged start {id} of {instance} isn't durable as it was asked for: {fits:?}"
            ));
        }
    }

    fn check_refused(&self, desk: &Desk, request: &Request, error: &StartError) {
        let id = &request.id;
        match error {
            StartError::InvalidInput { .. } if !request.input.is_object() => {}
            StartError::InvalidInput { reason } => {
                desk.log
                    .violation(format_args!("{id}: good input is refused: {reason}"));
            }
            StartError::AlreadyRunning {
                business_id,
                instance,
                ..
            } => {
                let holds = desk.audit.is_removed(*instance).then_some(true);
                let holds = holds.or_else(|| {
                    desk.audit
                        .look(*instance, |book| book.state.created().business_id == *business_id)
                });
                if holds != Some(true) {
                    desk.log.violation(format_args!(
                        "{id}: {instance} is said to hold {business_id}: {holds:?}"
                    ));
                }
            }
            _ => {}
        }
    }
}
