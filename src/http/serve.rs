//! The server: listeners in, requests out, and a stop that loses nothing.
//!
//! Invariant: a request that was sent before the stop is answered, unless that takes longer than the grace.
//!
//! axum's own `serve` has no limit on the time that headers take, nor on the time of a stop, so the accept loop is here,
//! on the same hyper.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::extract::Peer;

/// How long new connections are still taken after the stop: a load balancer needs a moment to hear of it, and a client may
/// just be sending on a connection that looks unused.
const LINGER: Duration = Duration::from_millis(500);
/// A pause after an accept failed, as when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long the server waits, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the headers of a request, and on a connection that is not used.
    pub header_read: Duration,
    /// For requests in flight when it stops.
    pub grace: Duration,
}

/// Serves `router` on every listener until `shutdown` resolves and the requests in flight are answered. Returns how many
/// connections had to be cut off when the grace was over.
pub async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    shutdown: impl Future<Output = ()>,
    patience: Patience,
) -> usize {
    let stopping = Arc::new(AtomicBool::new(false));
    let router = router.layer(axum::middleware::map_response_with_state(
        Arc::clone(&stopping),
        say_close,
    ));
    let (close, closed) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut accepting = JoinSet::new();
    let (accepted, mut arrivals) = tokio::sync::mpsc::channel(64);
    for listener in listeners {
        accepting.spawn(accept(listener, accepted.clone()));
    }

    let mut stop = pin!(async {
        shutdown.await;
        stopping.store(true, Ordering::Release);
        tracing::info!("stopping: answering the requests in flight");
        tokio::time::sleep(LINGER).await;
    });
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some((stream, peer)) = arrivals.recv() => {
                connections.spawn(connection(stream, peer, router.clone(), patience.header_read, closed.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }

    accepting.shutdown().await;
    drop((close, closed));
    let drained = tokio::time::timeout(patience.grace, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    let cut_off = if drained.is_ok() {
        0
    } else {
        connections.len()
    };
    connections.shutdown().await;
    cut_off
}

async fn accept(
    listener: TcpListener,
    accepted: tokio::sync::mpsc::Sender<(TcpStream, SocketAddr)>,
) {
    loop {
        match listener.accept().await {
            Ok(arrival) => {
                if accepted.send(arrival).await.is_err() {
                    return;
                }
            }
            Err(cause) if is_the_clients(&cause) => {}
            Err(cause) => {
                tracing::error!(%cause, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_the_clients(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_read: Duration,
    mut closed: watch::Receiver<()>,
) {
    // Answers are written whole; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_read);
    let mut connection =
        pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    // An error here is the client's: it went away, or sent what is not HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = closed.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Once the server stops, an answer is the last on its connection.
async fn say_close(
    axum::extract::State(stopping): axum::extract::State<Arc<AtomicBool>>,
    mut response: Response,
) -> Result<Response, Infallible> {
    if stopping.load(Ordering::Acquire) {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
