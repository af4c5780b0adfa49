//! `serve`.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::error::{CliError, Result};
use super::installation::Setting;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{self, Patience};
use crate::telemetry;

/// Runs the server until it is told to stop.
pub(super) fn run(setting: &Setting) -> Result<ExitCode> {
    let config = setting.config()?;
    telemetry::init(&config.log)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(serve(config, setting.clock.clone()))
}

/// Serves until the process is told to stop.
pub(super) async fn serve(config: Config, clock: Clock) -> Result<ExitCode> {
    let listener = bind(&config).await?;
    let app = App::open(config, clock).await?;
    let patience = Patience {
        header_read: app.config.limits.header_read_timeout.std(),
        grace: app.config.limits.shutdown_grace.std(),
    };
    let follow = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.follow().await }
    });
    let purge = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.purge().await }
    });
    tracing::info!(
        listen = %listener.local_addr().map_err(CliError::Runtime)?,
        database = app.store.backend_name(),
        companies = app.directory.sites().len(),
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    let stop = stop_signal()?;
    let cut_off = http::serve(
        vec![listener],
        http::router(Arc::clone(&app)),
        stop,
        patience,
    )
    .await;
    follow.abort();
    purge.abort();
    app.store.close().await;
    if cut_off > 0 {
        tracing::warn!(cut_off, "stopped; some connections did not finish in time");
    } else {
        tracing::info!("stopped");
    }
    Ok(ExitCode::SUCCESS)
}

async fn bind(config: &Config) -> Result<TcpListener> {
    TcpListener::bind(config.listen).await.map_err(|cause| {
        CliError::refused(
            format!("The server cannot listen on {}: {cause}.", config.listen),
            "Stop what listens there, or set another address with `listen` or VESTIBULE_LISTEN.",
        )
    })
}

/// Resolves when the process is told to stop.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
