//! `serve`.

use std::process::ExitCode;
use std::sync::Arc;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::provider_watch::{check_sessions_again, watch_providers};
use crate::app::{App, UnknownKeys};
use crate::cli::error::{CliError, Result};
use crate::cli::invocation::Invocation;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{self, CheckListener, Timeouts};
use crate::login::look_for_new_keys;
use crate::telemetry;
use crate::web;

/// Open files that are no connections of clients: the database, the log, sockets that are being accepted.
const OTHER_FILES: usize = 128;

/// Runs the server until it is told to stop.
pub(in crate::cli) fn run(invocation: &Invocation) -> Result<ExitCode> {
    let config = invocation.config()?;
    let _flush = telemetry::init(&config.log)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?
        .block_on(async {
            let listener = bind(&config).await?;
            serve(
                listener,
                config,
                invocation.clock.clone(),
                invocation.new_keys,
            )
            .await
        })
}

/// Serves until the process is told to stop.
pub(in crate::cli) async fn serve(
    listener: TcpListener,
    config: Config,
    clock: Clock,
    new: UnknownKeys,
) -> Result<ExitCode> {
    let app = App::open_with(config, clock, new).await?;
    let timeouts = Timeouts {
        most: open_at_once(app.config.connections.most),
        ..Timeouts::of(&app.config)
    };
    let follow = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.follow().await }
    });
    let new_keys = tokio::spawn({
        let app = Arc::clone(&app);
        async move { look_for_new_keys(&app).await }
    });
    let purge = tokio::spawn({
        let app = Arc::clone(&app);
        async move { app.purge().await }
    });
    let synchronise = tokio::spawn(Arc::clone(&app).synchronise());
    let checks = tokio::spawn(check_sessions_again(Arc::clone(&app)));
    let providers = tokio::spawn(watch_providers(Arc::clone(&app)));
    tracing::info!(
        listen = %listener.local_addr().map_err(CliError::Runtime)?,
        database = app.store.backend_name(),
        companies = app.directory.sites().len(),
        version = env!("CARGO_PKG_VERSION"),
        "serving"
    );
    let stop = stop_signal()?;
    let checking = listen_for_checks(&app).await?;
    let cut_off = http::serve(
        vec![listener],
        web::router(Arc::clone(&app)),
        stop,
        timeouts,
    )
    .await;
    checking.iter().for_each(JoinHandle::abort);
    follow.abort();
    new_keys.abort();
    purge.abort();
    synchronise.abort();
    providers.abort();
    checks.abort();
    app.store.close().await;
    if cut_off > 0 {
        tracing::warn!(cut_off, "stopped; some connections did not finish in time");
    } else {
        tracing::info!("stopped");
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers checks where proxies come that are trusted, if that is configured.
async fn listen_for_checks(app: &Arc<App>) -> Result<Vec<JoinHandle<()>>> {
    let configured = &app.config.checks;
    let mut listeners = Vec::new();
    if let Some(path) = &configured.socket {
        let bound = http::bind_local(path).map_err(|cause| {
            CliError::refused(
                format!("The server cannot listen on {}: {cause}.", path.display()),
                "Let the directory exist and belong to the user that runs the server, or set another file with checks.socket.",
            )
        })?;
        listeners.push(CheckListener::Socket(bound));
    }
    if let Some(address) = configured.danger_listen {
        let bound = TcpListener::bind(address).await.map_err(|cause| {
            CliError::refused(
                format!("The server cannot listen on {address}: {cause}."),
                "Stop what listens there, or set another address with checks.danger_listen.",
            )
        })?;
        listeners.push(CheckListener::Address(bound));
    }
    let serve = |listener| {
        let answering = http::serve_checks(listener, web::router(Arc::clone(app)));
        tokio::spawn(answering)
    };
    Ok(listeners.into_iter().map(serve).collect())
}

/// Connections that may be open at once: those that are configured, or fewer where the system allows fewer open files.
///
/// Systems set the limit low and let each process raise it: the low one is for programs that cannot handle more.
fn open_at_once(configured: usize) -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // It may not be raised inside of some containers; what counts is what it is then.
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current;
    let files = files.map_or(usize::MAX, |files| {
        usize::try_from(files).unwrap_or(usize::MAX)
    });
    let possible = files.saturating_sub(OTHER_FILES).max(1);
    if possible < configured {
        tracing::warn!(
            configured,
            possible,
            "the system allows fewer open files than connections.most needs; raise the hard limit (LimitNOFILE)"
        );
    }
    configured.min(possible)
}

/// Takes the address to serve at.
pub(in crate::cli) async fn bind(config: &Config) -> Result<TcpListener> {
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
