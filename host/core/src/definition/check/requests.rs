//! Do steps ask for capabilities that there are? Whether they are granted is the manifest's to say.

use super::Subject;
use crate::definition::{Violation, ViolationKind};

pub(super) fn well_formed(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for step in &subject.definition.steps {
        for problem in step.requests.iter().filter_map(|request| request.check().err()) {
            let message = format!(
                "step `{}` asks for a capability that is none: {problem}",
                step.name
            );
            let fix = "correct the request; what it asks for is granted in the manifest";
            violations.push(Violation::new(ViolationKind::BadRequest, message, fix).at(&step.name));
        }
    }
}

pub(super) fn unique(subject: &Subject<'_>, violations: &mut Vec<Violation>) {
    for step in &subject.definition.steps {
        for (at, request) in step.requests.iter().enumerate() {
            if step.requests[..at].contains(request) {
                let message = format!("step `{}` asks twice for {request}", step.name);
                violations
                    .push(Violation::new(ViolationKind::BadRequest, message, "ask once").at(&step.name));
            }
        }
    }
}
