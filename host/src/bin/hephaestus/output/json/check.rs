//! What `hephaestus check` found, for programs.

use hephaestus_host::core::capability::Request;
use hephaestus_host::core::definition::explore::{Fate, StepEnd, StuckRun};
use hephaestus_host::core::definition::{DeadJoin, Join, Uniqueness, Violation, Workflow};
use hephaestus_host::core::{BusinessKeyName, Digest, EventName, StepRef, WorkflowName, WorkflowVersion};
use hephaestus_host::deploy::Review;
use serde::Serialize;

use super::line;
use crate::report::check::{CheckReport, Explored, Findings, StuckRuns};

#[derive(Serialize)]
struct Object<'a> {
    verdict: &'static str,
    component: String,
    bytes: usize,
    digest: Digest,
    violations: &'a [Violation],
    workflow: Option<Facts<'a>>,
    exploration: Option<Runs<'a>>,
    review: Option<Reviewed<'a>>,
}

#[derive(Serialize)]
struct Reviewed<'a> {
    asked: Vec<Judged<'a>>,
    dropped: Vec<Asked<'a>>,
    unknown_steps: &'a [StepRef],
}

#[derive(Serialize)]
struct Judged<'a> {
    step: &'a StepRef,
    request: &'a Request,
    granted: bool,
    new: bool,
    manifest: &'a str,
}

#[derive(Serialize)]
struct Facts<'a> {
    name: &'a WorkflowName,
    version: WorkflowVersion,
    start: &'a StepRef,
    steps: Vec<&'a StepRef>,
    transitions: usize,
    waits: Vec<&'a StepRef>,
    business_key: &'a BusinessKeyName,
    uniqueness: Uniqueness,
    imports: &'a [String],
    requests: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    step: &'a StepRef,
    request: &'a Request,
}

#[derive(Serialize)]
struct Runs<'a> {
    runs: u64,
    exhaustive: bool,
    stuck_runs: u64,
    stuck: Vec<Stuck<'a>>,
    never_run: &'a [StepRef],
}

#[derive(Serialize)]
struct Stuck<'a> {
    alike: usize,
    story: String,
    ends: Vec<End<'a>>,
    joins: Vec<Lost<'a>>,
}

#[derive(Serialize)]
struct End<'a> {
    step: &'a StepRef,
    event: &'a EventName,
    chosen: Option<&'a [StepRef]>,
}

#[derive(Serialize)]
struct Lost<'a> {
    step: &'a StepRef,
    join: String,
    taken: Vec<String>,
    missing: Vec<String>,
    because: Vec<Because<'a>>,
}

#[derive(Serialize)]
struct Because<'a> {
    step: &'a StepRef,
    event: Option<&'a EventName>,
}

/// The object, with a line break at its end.
pub(crate) fn report(report: &CheckReport) -> serde_json::Result<String> {
    let (violations, workflow, exploration) = match &report.findings {
        Findings::Unsound(violations) => (&violations.0[..], None, None),
        Findings::Sound {
            workflow,
            imports,
            explored,
            ..
        } => (&[][..], Some(facts(workflow, imports)), Some(runs(explored))),
    };
    let verdict = match &report.findings {
        Findings::Unsound(_) => "unsound",
        Findings::Sound { explored, .. } if explored.stuck_runs > 0 => "may-get-stuck",
        Findings::Sound { .. } => "sound",
    };
    line(&Object {
        verdict,
        component: report.component.display().to_string(),
        bytes: report.bytes,
        digest: report.digest,
        violations,
        workflow,
        exploration,
        review: match &report.findings {
            Findings::Sound { review, .. } => review.as_ref().map(reviewed),
            Findings::Unsound(_) => None,
        },
    })
}

fn reviewed(review: &Review) -> Reviewed<'_> {
    let judged = review.asked.iter().map(|asked| Judged {
        step: &asked.step,
        request: &asked.request,
        granted: asked.granted,
        new: asked.is_new,
        manifest: &asked.manifest,
    });
    let dropped = review
        .dropped
        .iter()
        .map(|(step, request)| Asked { step, request });
    Reviewed {
        asked: judged.collect(),
        dropped: dropped.collect(),
        unknown_steps: &review.unknown_steps,
    }
}

fn facts<'a>(workflow: &'a Workflow, imports: &'a [String]) -> Facts<'a> {
    let definition = workflow.definition();
    let own = workflow.steps().iter().filter(|step| !step.name.is_done());
    Facts {
        name: &definition.name,
        version: definition.version,
        start: &definition.start,
        steps: own.clone().map(|step| &step.name).collect(),
        transitions: definition.transitions.len(),
        waits: own
            .filter(|step| !step.accepts.is_empty())
            .map(|step| &step.name)
            .collect(),
        business_key: &definition.business_key.name,
        uniqueness: definition.business_key.uniqueness,
        imports,
        requests: requests(workflow),
    }
}

fn requests(workflow: &Workflow) -> Vec<Asked<'_>> {
    let of_steps = workflow.steps().iter().flat_map(|step| {
        let requests = step.requests.iter();
        requests.map(move |request| Asked {
            step: &step.name,
            request,
        })
    });
    of_steps.collect()
}

fn runs(explored: &Explored) -> Runs<'_> {
    Runs {
        runs: explored.runs,
        exhaustive: explored.exhaustive,
        stuck_runs: explored.stuck_runs,
        stuck: explored.stuck.iter().map(stuck).collect(),
        never_run: &explored.never_ready,
    }
}

fn stuck(runs: &StuckRuns) -> Stuck<'_> {
    let run = &runs.example;
    Stuck {
        alike: runs.alike,
        story: run.to_string(),
        ends: run.ends.iter().map(end).collect(),
        joins: run.dead.iter().map(|dead| lost(run, dead)).collect(),
    }
}

fn end(end: &StepEnd) -> End<'_> {
    End {
        step: &end.step,
        event: &end.event,
        chosen: end.chosen.as_deref(),
    }
}

fn lost<'a>(run: &'a StuckRun, dead: &'a DeadJoin) -> Lost<'a> {
    let texts = |joins: &[Join]| joins.iter().map(Join::to_string).collect();
    let because = |fate: Fate<'a>| match fate {
        Fate::Ended(end) | Fate::ChoseOthers(end) => Because {
            step: &end.step,
            event: Some(&end.event),
        },
        Fate::NeverRan(step) => Because { step, event: None },
    };
    Lost {
        step: &dead.step,
        join: dead.join.to_string(),
        taken: texts(&dead.taken),
        missing: texts(&dead.missing),
        because: run.reasons(dead).into_iter().map(because).collect(),
    }
}

#[cfg(test)]
mod tests;
