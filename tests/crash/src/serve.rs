//! The host that is killed: `crash host`. The library embedded, with SQLite, the sandbox and a manifest; orders come on
//! standard input, answers go to standard output.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use hephaestus_core::engine::{Refusal, SentEvent};
use hephaestus_host::deploy::Manifest;
use hephaestus_host::runner::local::RunnerLimits;
use hephaestus_host::runner::{DeleteError, StartOptions};
use hephaestus_host::sandbox::SandboxOptions;
use hephaestus_host::store::sqlite::SqliteStore;
use hephaestus_host::{Host, InstanceError, InstanceRef, Runner, StartError};
use hephaestus_simulation::stores::Over;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::early::{Early, EarlyStarts};
use crate::protocol::{Answer, Line, Order, Request};

/// What the host is told when it starts.
#[derive(Debug, clap::Args)]
pub struct HostArgs {
    /// The SQLite file
    #[arg(long)]
    pub store: PathBuf,
    /// The component
    #[arg(long)]
    pub component: PathBuf,
    /// The manifest
    #[arg(long)]
    pub manifest: PathBuf,
    /// Acknowledge something before it is durable, to see that it is found
    #[arg(long)]
    pub early: Option<Early>,
}

/// Serves until standard input ends, and then ends in good order.
pub async fn serve(args: HostArgs) -> Result<()> {
    let builder = match args.early {
        Some(Early::Starts) => {
            let store = SqliteStore::open(&args.store).await?;
            Host::builder().store(Arc::new(Over(EarlyStarts::over(Arc::new(store)))))
        }
        _ => Host::builder().sqlite(&args.store),
    };
    let host = builder
        .manifest(Manifest::load(&args.manifest)?)
        .sandbox(patient())
        .limits(restless())
        .build()
        .await?;
    say(&Line::Opened)?;
    let component = tokio::fs::read(&args.component).await?;
    let workflow = host.deploy(&component).await?.workflow.definition().name.clone();
    say(&Line::Ready)?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let Request { id, order } = serde_json::from_str(&line).context("an order")?;
        let (host, workflow) = (host.clone(), workflow.clone());
        let is_early = args.early == Some(Early::Events) && matches!(order, Order::Send { .. });
        if is_early {
            let answer = Answer::Done;
            say(&Line::Answer { id, answer })?;
        }
        tokio::spawn(async move {
            let answer = carry_out(&host, &workflow, order).await;
            if !is_early {
                // If it can't be said, the harness is gone: so are we, soon.
                let _ = say(&Line::Answer { id, answer });
            }
        });
    }
    host.shutdown(Duration::from_secs(30)).await;
    Ok(())
}

/// The machine may be busy with many other things.
fn patient() -> SandboxOptions {
    let mut options = SandboxOptions::default();
    options.limits.definition_deadline = Duration::from_secs(60);
    options
}

/// Instances park soon, so that events and timers find them parked, resident, and in between.
fn restless() -> RunnerLimits {
    let mut limits = RunnerLimits::default();
    limits.linger = Duration::from_millis(20);
    limits
}

/// A line at a time, whole. Blocking is right here: what is acknowledged is to be out.
fn say(line: &Line) -> Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&text)?;
    stdout.flush()?;
    Ok(())
}

async fn carry_out(host: &Host, workflow: &hephaestus_core::WorkflowName, order: Order) -> Answer {
    let done = |result: Result<(), InstanceError>| result.map_or_else(failed, |()| Answer::Done);
    match order {
        Order::Start {
            request,
            value,
            initial,
            deadline,
        } => {
            let options = StartOptions {
                request_id: Some(request),
                deadline,
                ..StartOptions::called(value)
            };
            match host.start_instance(workflow, initial, options).await {
                Ok(instance) => Answer::Started(instance),
                Err(error @ StartError::AlreadyRunning { .. }) => refused(false, &error),
                Err(error) => Answer::Failed(error.to_string()),
            }
        }
        Order::Send {
            instance,
            event_id,
            event,
        } => {
            let sent = SentEvent {
                event_id,
                event,
                step: None,
                payload: None,
            };
            done(host.resume(&instance.into(), sent).await)
        }
        Order::Schedule {
            instance,
            step,
            delay,
        } => match host.schedule_resume(&instance.into(), &step, delay).await {
            Ok(timer) => Answer::Scheduled(timer),
            Err(error) => failed(error),
        },
        Order::CancelTimer { timer } => done(host.cancel_timer(timer).await),
        Order::Cancel { instance } => done(host.cancel(&instance.into(), None).await),
        Order::Retry { instance } => done(host.retry(&instance.into()).await),
        Order::Delete { instance } => match host.delete(&instance.into()).await {
            Ok(()) => Answer::Done,
            Err(DeleteError::Instance(error)) => failed(error),
            Err(error) => refused(false, &error),
        },
        Order::Get { instance } => match host.get(&InstanceRef::Id(instance)).await {
            Ok(state) => Answer::Stands {
                status: state.status(),
                awaits: state
                    .accepting()
                    .flat_map(|(_, events)| events.iter().cloned())
                    .collect(),
            },
            Err(error) => failed(error),
        },
    }
}

fn failed(error: InstanceError) -> Answer {
    match &error {
        InstanceError::Refused(Refusal::Terminal { .. }) => refused(true, &error),
        InstanceError::UnknownInstance(_) => Answer::Unknown,
        InstanceError::Refused(_) | InstanceError::AlreadyRunning { .. } => refused(false, &error),
        _ => Answer::Failed(error.to_string()),
    }
}

fn refused(is_terminal: bool, error: &dyn std::error::Error) -> Answer {
    Answer::Refused {
        is_terminal,
        reason: error.to_string(),
    }
}
