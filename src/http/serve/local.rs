//! Listeners for proxies that ask checks (rules Q15 and Q63): a socket of this machine, or an address that nobody else reaches.
//!
//! Invariants: whoever comes this way is a proxy that is trusted, and is answered checks and nothing else; the file of a socket is made
//! anew at the start, with the rights that stand for the list of trusted addresses.

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Request as HttpRequest;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::super::edge::Edge;

/// Read and written by its owner and its group: the proxy is in the group.
const MODE: u32 = 0o660;
/// Connections that are open at once. A proxy keeps some, and makes one for each check when it has many.
const MOST: usize = 4_096;
/// How long a head may take.
const HEAD: Duration = Duration::from_secs(5);
/// A pause after an accept failed, as when no file descriptor is left.
const PAUSE: Duration = Duration::from_millis(100);
/// The head of a request, in octets.
const READ_AHEAD: usize = 32 * 1024;

/// Beside a request that came by the socket.
#[derive(Debug, Clone, Copy)]
pub struct LocalProxy;

/// Opens the socket in the place of one that an earlier process left.
pub fn bind_local(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Where proxies come that are trusted.
#[derive(Debug)]
pub enum CheckListener {
    Socket(UnixListener),
    Address(TcpListener),
}

impl CheckListener {
    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Socket(listener) => Box::new(listener.accept().await?.0),
            Self::Address(listener) => {
                let (stream, _) = listener.accept().await?;
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
        })
    }
}

/// A connection, whatever it runs over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Answers checks until the future is dropped.
pub async fn serve_checks(listener: CheckListener, router: Edge) {
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok(stream) => {
                let router = router.clone();
                tokio::spawn(async move {
                    answer_all(stream, router).await;
                    drop(place);
                });
            }
            Err(cause) => {
                tracing::error!(%cause, "a connection of a proxy could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer_all(stream: Box<dyn Stream>, router: Edge) {
    let service = service_fn(move |request: HttpRequest<Incoming>| {
        let router = router.clone();
        async move {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(LocalProxy);
            Ok::<_, Infallible>(router.answer_check(request).await)
        }
    });
    // An error is that the proxy went away, or sent no HTTP.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(READ_AHEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
