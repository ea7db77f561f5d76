//! Signals: the first one asks the command to end in good order, the second one ends it at once.

use tokio::sync::watch;

use crate::exit::Exit;

/// Becomes set with the first SIGINT or SIGTERM, and stays so.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Begins to listen. Call within the runtime.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let (set, get) = watch::channel(false);
        let mut signals = Signals::new()?;
        tokio::spawn(async move {
            signals.next().await;
            let _ = set.send(true);
            signals.next().await;
            std::process::exit(Exit::Interrupted.code().into());
        });
        Ok(Self(get))
    }

    /// Returns when the first signal has come.
    pub(crate) async fn wait(&self) {
        let mut get = self.0.clone();
        if get.wait_for(|set| *set).await.is_err() {
            // The listener is gone without a signal: none will come any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
