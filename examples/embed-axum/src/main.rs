//! A web service that embeds the host: it takes orders, tells where they stand, and passes on who approves them.
//!
//! ```text
//! embed-axum order-flow.wasm orders.db --listen 127.0.0.1:8080
//!
//! POST /orders                 {"id": "a1", "order": {..}}             201, 409 if `a1` is active
//! GET  /orders/orderid::a1                                             200, 404
//! POST /orders/orderid::a1/approval  {"approved": true, "by": "Ada"}   202, 404, 409 if nobody asks
//! ```
//!
//! Both `POST`s take an `Idempotency-Key`: a repeat changes nothing. Kill the service while an order waits, start it
//! again on the same database, and approve the order: it goes on.

#![expect(
    clippy::print_stdout,
    reason = "a program for people: it prints where it listens"
)]

mod failure;
mod orders;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use hephaestus_host::Host;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// How long steps that run may go on when the service is told to end. Those that take longer run again later.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Parser)]
struct Arguments {
    /// The component of `examples/order-flow`.
    component: PathBuf,
    /// Where orders are kept; created if it isn't there.
    database: PathBuf,
    /// Where to listen; port 0 is any that is free.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "the service ends");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let told_to_end = told_to_end()?;
    let host = Host::builder().sqlite(&arguments.database).build().await?;
    let order_flow = host.deploy(&std::fs::read(&arguments.component)?).await?;
    let listener = TcpListener::bind(arguments.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);

    let shop = orders::Shop {
        host: host.clone(),
        workflow: order_flow.name().clone(),
    };
    // First the answers that are under way, then the steps.
    axum::serve(listener, orders::routes(shop))
        .with_graceful_shutdown(told_to_end)
        .await?;
    host.shutdown(GRACE).await;
    Ok(())
}

/// Listens for signals from now on; ends with the first ctrl-c or SIGTERM.
fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<()>();
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
    })
}
