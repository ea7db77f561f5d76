//! The witness: an HTTP server that steps tell when they begin and what they have saved, and the checker that hears of
//! everything that is seen. It lives in the harness and survives every kill; each line is also written to a file.
//!
//! Order matters: an attempt must be known before the journal is read that must explain it. A killed host may leave
//! requests behind in the sockets; [`Witness::settle`] waits until they are all read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use hephaestus_core::{InstanceId, Json, StepRef};
use hephaestus_ledger::{Checker, Observation};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// A running server.
#[derive(Debug)]
pub struct Witness {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    /// How many connections are open.
    open: watch::Receiver<usize>,
    /// How many attempts began.
    began: watch::Receiver<u64>,
    task: AbortHandle,
}

/// All that was seen.
#[derive(Debug)]
pub struct Seen {
    /// What it breaks.
    pub checker: Checker,
    /// What else is wrong, in words.
    pub troubles: Vec<String>,
    /// Instances of which something was seen since their journals were read.
    pub touched: BTreeSet<InstanceId>,
    /// The last checkpoint whose save returned, by instance and step.
    saved: BTreeMap<(InstanceId, StepRef), u32>,
    began: watch::Sender<u64>,
    file: File,
}

/// What a step tells.
#[derive(Debug, Deserialize)]
struct Told {
    what: String,
    instance: InstanceId,
    step: StepRef,
    attempt: u32,
    key: String,
    checkpoint: u32,
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Witness {
    /// Listens on a port of its own, and appends what it is told to `file`.
    pub async fn start(file: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let file = File::options().create(true).append(true).open(file)?;
        let (sender, began) = watch::channel(0);
        let seen = Arc::new(Mutex::new(Seen {
            checker: Checker::new(),
            troubles: Vec::new(),
            touched: BTreeSet::new(),
            saved: BTreeMap::new(),
            began: sender,
            file,
        }));
        let (count, open) = watch::channel(0);
        let task = tokio::spawn(listen(listener, Arc::clone(&seen), count));
        Ok(Self {
            address,
            seen,
            open,
            began,
            task: task.abort_handle(),
        })
    }

    /// Like `http://127.0.0.1:4711`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was seen so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    /// How many attempts began so far, and when more do.
    pub fn began(&self) -> watch::Receiver<u64> {
        self.began.clone()
    }

    /// Waits until everything is read that processes which have ended had sent. Connections are accepted in the order in
    /// which they were made, so when ours is, theirs are; and they end, since nobody is at their other end.
    pub async fn settle(&self) -> Result<()> {
        let mut barrier = TcpStream::connect(self.address).await?;
        barrier.write_all(b"GET /barrier HTTP/1.1\r\n\r\n").await?;
        let mut answer = Vec::new();
        barrier.read_to_end(&mut answer).await?;
        drop(barrier);
        let mut open = self.open.clone();
        let none = open.wait_for(|count| *count == 0);
        tokio::time::timeout(Duration::from_secs(30), none)
            .await
            .context("connections of a killed host stay open")??;
        Ok(())
    }
}

impl Seen {
    /// Something was seen of an instance.
    pub fn observe(&mut self, instance: InstanceId, observation: Observation<'_>) {
        self.touched.insert(instance);
        self.checker.observe(observation);
    }

    /// Something is wrong that no journal shows.
    pub fn trouble(&mut self, trouble: String) {
        self.troubles.push(trouble);
    }

    /// What was touched until now belongs to another store than what comes: gives it back for when its turn comes.
    pub fn set_aside(&mut self, touched: BTreeSet<InstanceId>) -> BTreeSet<InstanceId> {
        std::mem::replace(&mut self.touched, touched)
    }

    /// Begins anew: another store, other instances.
    pub fn next_epoch(&mut self) -> Checker {
        self.touched.clear();
        self.saved.clear();
        std::mem::take(&mut self.checker)
    }

    fn told(&mut self, told: &Told, line: &[u8]) -> Result<()> {
        self.file.write_all(line)?;
        self.file.write_all(b"\n")?;
        let place = (told.instance, told.step.clone());
        let saved = self.saved.entry(place).or_default();
        match told.what.as_str() {
            "began" if told.checkpoint < *saved => {
                let trouble = format!(
                    "instance {}: attempt {} of `{}` begins at checkpoint {}, but {saved} was saved",
                    told.instance, told.attempt, told.step, told.checkpoint
                );
                self.trouble(trouble);
            }
            "began" => {}
            "saved" => {
                *saved = told.checkpoint;
                let value = Json::parse(&told.checkpoint.to_string())?;
                let step = told.step.clone();
                let instance = told.instance;
                self.observe(
                    instance,
                    Observation::Saved {
                        instance,
                        step,
                        value,
                    },
                );
                return Ok(());
            }
            other => bail!("a step tells of {other:?}"),
        }
        let attempt = Observation::Attempt {
            instance: told.instance,
            step: told.step.clone(),
            attempt: told.attempt,
            key: &told.key,
        };
        self.observe(told.instance, attempt);
        self.began.send_modify(|count| *count += 1);
        Ok(())
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, seen: Arc<Mutex<Seen>>, count: watch::Sender<usize>) {
    let count = Arc::new(count);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        count.send_modify(|open| *open += 1);
        let (seen, count) = (Arc::clone(&seen), Arc::clone(&count));
        tokio::spawn(async move {
            if let Err(error) = serve(stream, &seen).await {
                lock(&seen).trouble(format!("the ledger was told rubbish: {error:#}"));
            }
            count.send_modify(|open| *open -= 1);
        });
    }
}

/// One request. One that isn't whole is of a host that was killed while it spoke: nothing was said.
async fn serve(mut stream: TcpStream, seen: &Mutex<Seen>) -> Result<()> {
    let Some(body) = receive(&mut stream).await? else {
        return Ok(());
    };
    if !body.is_empty() {
        let told: Told = serde_json::from_slice(&body).context("a line")?;
        lock(seen).told(&told, &body)?;
    }
    // Nobody may be there any more to hear it.
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
    Ok(())
}

async fn receive(stream: &mut TcpStream) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        ensure!(bytes.len() < 64 * 1024, "its head has no end");
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return Ok(None);
        }
    };
    let text = std::str::from_utf8(&bytes[..head]).context("its head")?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then_some(value.trim())
    });
    let length: usize = length.unwrap_or("0").parse().context("its content-length")?;
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.unwrap_or(0) == 0 {
            return Ok(None);
        }
    }
    Ok(Some(body))
}
