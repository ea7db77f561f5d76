//! One host: started, given orders, and killed; or brought to a good end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use hephaestus_core::Timestamp;
use hephaestus_ledger::{Observation, Order as Ordered};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, sleep, sleep_until};

use crate::early::Early;
use crate::load::{Kill, LifePlan, Load};
use crate::model::Model;
use crate::protocol::{Answer, Line, Order, Request};
use crate::tally::Tally;
use crate::witness::Witness;

/// No host is waited for longer than this, whatever else runs on the machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host that runs.
#[derive(Debug)]
pub struct Life<'a> {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    next: u64,
    under_way: BTreeMap<u64, (Order, Timestamp)>,
    stage: Stage,
    answers: u64,
    witness: &'a Witness,
    model: &'a mut Model,
    tally: &'a mut Tally,
}

/// How far a host has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is starting.
    Begun,
    /// The store is open, recovery has begun.
    Opened,
    /// It takes orders.
    Ready,
}

/// What a host works with.
#[derive(Debug)]
pub struct HostFiles {
    /// The program.
    pub program: PathBuf,
    /// The component.
    pub component: PathBuf,
    /// The store.
    pub store: PathBuf,
    /// The manifest.
    pub manifest: PathBuf,
    /// Where its log goes, after that of the hosts before it.
    pub log: PathBuf,
    /// What it acknowledges too early.
    pub early: Option<Early>,
}

impl<'a> Life<'a> {
    /// Starts a host.
    pub fn start(
        files: &HostFiles,
        witness: &'a Witness,
        model: &'a mut Model,
        tally: &'a mut Tally,
    ) -> Result<Self> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&files.log)?;
        let mut child = Command::new(&files.program)
            .arg("host")
            .args(["--store".as_ref(), files.store.as_path()])
            .args(["--component".as_ref(), files.component.as_path()])
            .args(["--manifest".as_ref(), files.manifest.as_path()])
            .args(files.early.map(Early::argument).into_iter().flatten())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("a host can't be started")?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Self {
            child,
            stdin: stdin.context("its standard input")?,
            lines: BufReader::new(stdout.context("its standard output")?).lines(),
            next: 0,
            under_way: BTreeMap::new(),
            stage: Stage::Begun,
            answers: 0,
            witness,
            model,
            tally,
        })
    }

    /// Gives it orders, and kills it when its time has come.
    pub async fn run(mut self, plan: LifePlan, load: &mut Load) -> Result<()> {
        let began = Instant::now();
        let mut end = began + PATIENCE;
        let mut attempts = self.witness.began();
        let attempts_until = match plan.kill {
            Kill::AfterAttempt(count) => *attempts.borrow() + count,
            _ => u64::MAX,
        };
        if let Kill::AfterStart(delay) = plan.kill {
            end = began + delay;
        }
        let (mut first, mut opened) = (self.witness.began(), None);
        loop {
            while self.stage == Stage::Ready && self.under_way.len() < plan.width {
                let Some(order) = load.order(self.model) else {
                    break;
                };
                self.order(order).await?;
            }
            let has_room = self.stage == Stage::Ready && self.under_way.len() < plan.width;
            tokio::select! {
                biased;
                () = sleep_until(end) => break,
                _ = attempts.wait_for(|began| *began >= attempts_until) => break,
                _ = first.changed(), if opened.is_some() => {
                    let opened = opened.take().unwrap_or(began);
                    load.recovered_after(opened.elapsed());
                }
                line = self.lines.next_line() => {
                    let Some(line) = line? else { bail!("a host ended by itself: {}", self.child.wait().await?) };
                    let stage = self.stage;
                    self.hear(&line)?;
                    if stage < Stage::Opened && self.stage == Stage::Opened {
                        opened = Some(Instant::now());
                        first.mark_unchanged();
                    }
                    match plan.kill {
                        Kill::AfterAnswer(count) if self.answers >= count => {
                            self.tally.kills_after_answer += 1;
                            break;
                        }
                        Kill::AfterOpened(delay) if stage < Stage::Opened => end = Instant::now() + delay,
                        Kill::AfterReady(delay) if stage < Stage::Ready && self.stage == Stage::Ready => {
                            end = Instant::now() + delay;
                        }
                        _ => {}
                    }
                }
                () = sleep(Duration::from_millis(5)), if has_room => {}
            }
        }
        self.kill().await
    }

    /// SIGKILL; and what it said before is still heard.
    async fn kill(mut self) -> Result<()> {
        self.child.start_kill()?;
        self.child.wait().await?;
        self.tally.kills += 1;
        // `hear` changes the stage: what was said but not heard before the kill counts as said.
        while let Some(line) = self.lines.next_line().await? {
            self.hear(&line)?;
        }
        match self.stage {
            Stage::Begun => self.tally.kills_while_opening += 1,
            Stage::Opened => self.tally.kills_while_recovering += 1,
            Stage::Ready if self.under_way.is_empty() => {}
            Stage::Ready => self.tally.kills_amid_orders += 1,
        }
        for (order, _) in std::mem::take(&mut self.under_way).into_values() {
            self.tally.orders_unanswered += 1;
            // It may have been carried out, and what was known of the instance may be wrong now.
            self.witness.seen().touched.extend(instance(&order));
            if matches!(order, Order::Start { .. } | Order::Send { .. }) {
                self.tally.orders_repeated += 1;
                self.model.unanswered.push(order);
            }
        }
        Ok(())
    }

    /// Waits until it takes orders.
    pub async fn ready(&mut self) -> Result<()> {
        while self.stage < Stage::Ready {
            self.hear_one().await?;
        }
        Ok(())
    }

    /// What it knows of the instances.
    pub fn model(&mut self) -> &mut Model {
        self.model
    }

    /// Waits until all orders are answered; gives the answers to those that ask where an instance stands.
    pub async fn answers(&mut self) -> Result<Vec<(Order, Answer)>> {
        let mut answers = Vec::new();
        while !self.under_way.is_empty() {
            answers.extend(self.hear_one().await?);
        }
        Ok(answers)
    }

    /// Lets it end in good order.
    pub async fn end(mut self) -> Result<()> {
        self.answers().await?;
        drop(self.stdin);
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.context("a host doesn't end when it is asked to")??;
        ensure!(status.success(), "a host that was asked to end: {status}");
        Ok(())
    }

    async fn hear_one(&mut self) -> Result<Option<(Order, Answer)>> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        match line.context("a host doesn't answer")?? {
            Some(line) => self.hear(&line),
            None => bail!("a host ended by itself: {}", self.child.wait().await?),
        }
    }

    /// Gives an order; its answer is heard later.
    pub async fn order(&mut self, order: Order) -> Result<()> {
        if let Order::Delete { instance } = order {
            self.model.at(instance).is_doomed = true;
            self.witness
                .seen()
                .observe(instance, Observation::Deleting { instance });
        }
        self.next += 1;
        let request = Request { id: self.next, order };
        let mut line = serde_json::to_vec(&request)?;
        line.push(b'\n');
        self.under_way.insert(self.next, (request.order, now()));
        // A host that has just ended doesn't read any more; that it has is found when it is heard.
        let _ = self.stdin.write_all(&line).await;
        Ok(())
    }

    fn hear(&mut self, line: &str) -> Result<Option<(Order, Answer)>> {
        // The last line of a killed host may be cut off: it was never said.
        let Ok(line) = serde_json::from_str::<Line>(line) else {
            return Ok(None);
        };
        match line {
            Line::Opened => self.stage = Stage::Opened,
            Line::Ready => self.stage = Stage::Ready,
            Line::Answer { id, answer } => {
                let (order, at) = self.under_way.remove(&id).context("an answer to nothing")?;
                self.tally.answers += 1;
                self.answers += 1;
                self.learn(&order, &answer, at);
                return Ok(Some((order, answer)));
            }
        }
        Ok(None)
    }

    /// An order was answered: what it acknowledges must hold from now on.
    fn learn(&mut self, order: &Order, answer: &Answer, at: Timestamp) {
        let mut seen = self.witness.seen();
        match (order, answer) {
            (_, Answer::Failed(reason)) => seen.trouble(format!("{order:?} failed: {reason}")),
            (_, Answer::Unknown) if instance(order).is_some_and(|it| self.model.at(it).is_doomed) => {
                self.tally.refusals += 1;
            }
            (Order::Delete { instance }, Answer::Refused { .. }) => {
                self.tally.refusals += 1;
                let known = self.model.at(*instance);
                known.is_doomed = false;
                known.status = None;
            }
            (Order::Retry { instance }, Answer::Refused { .. }) => {
                self.tally.refusals += 1;
                self.model.at(*instance).status = None;
            }
            (_, Answer::Refused { is_terminal, .. }) => {
                self.tally.refusals += 1;
                if let (true, Some(instance)) = (is_terminal, instance(order)) {
                    let known = self.model.at(instance);
                    known.status = known
                        .status
                        .or(Some(hephaestus_core::engine::InstanceStatus::Completed));
                }
            }
            (Order::Start { request, .. }, Answer::Started(instance)) => {
                self.model.at(*instance);
                let started = Observation::Started {
                    instance: *instance,
                    request: Some(request.clone()),
                };
                seen.observe(*instance, started);
            }
            (
                Order::Send {
                    instance, event_id, ..
                },
                Answer::Done,
            ) => {
                let sent = Observation::Sent {
                    instance: *instance,
                    event_id: event_id.clone(),
                };
                seen.observe(*instance, sent);
            }
            (Order::Schedule { delay, .. }, Answer::Scheduled(timer)) => {
                self.model.timers.push(*timer);
                let scheduled = Observation::Scheduled {
                    timer: *timer,
                    not_before: at.after(*delay),
                };
                seen.observe(timer.instance, scheduled);
            }
            (Order::CancelTimer { timer }, Answer::Done) => {
                seen.observe(timer.instance, Observation::TimerCancelled { timer: *timer });
            }
            (Order::Cancel { instance }, Answer::Done) => {
                let (instance, order) = (*instance, Ordered::Cancel);
                seen.observe(instance, Observation::Ordered { instance, order });
            }
            (Order::Retry { instance }, Answer::Done) => {
                let known = self.model.at(*instance);
                known.retries += 1;
                known.status = None;
                let (instance, order) = (*instance, Ordered::Retry);
                seen.observe(instance, Observation::Ordered { instance, order });
            }
            (Order::Delete { instance }, Answer::Done) => {
                let instance = *instance;
                self.tally.deletions += 1;
                seen.observe(instance, Observation::Deleted { instance });
            }
            (Order::Get { instance }, Answer::Stands { status, .. }) => {
                self.model.at(*instance).status = Some(*status);
            }
            _ => seen.trouble(format!("{order:?} was answered with {answer:?}")),
        }
    }
}

/// The instance that an order is for.
fn instance(order: &Order) -> Option<hephaestus_core::InstanceId> {
    match order {
        Order::Start { .. } => None,
        Order::Send { instance, .. }
        | Order::Schedule { instance, .. }
        | Order::Cancel { instance }
        | Order::Retry { instance }
        | Order::Delete { instance }
        | Order::Get { instance } => Some(*instance),
        Order::CancelTimer { timer } => Some(timer.instance),
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
