//! A client of one server that answers for an application (rules Q57, Q59 and Q61).
//!
//! Invariants: it connects to the configured address and to no other, whatever a request says; certificates are checked as a browser
//! does; a connection is used by one request at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_native_tls::native_tls;
use tower::Service;

use super::handed_body::{HandedBody, LentBody};
use crate::domain::Upstream;

/// Unused connections that are kept for the next request.
const MOST_UNUSED: usize = 256;
/// How long an unused connection is kept: shorter than applications usually keep theirs, so that none is used that just closes.
const UNUSED: Duration = Duration::from_secs(4);
/// The head of an answer, and what is read ahead of its body, in octets.
const READ_AHEAD: usize = 64 * 1024;
/// Stands in a request's address where the host would be: where it goes is not there.
const NOBODY: &str = "upstream";

/// A client of one upstream.
#[derive(Debug, Clone)]
pub struct UpstreamClient {
    client: Client<Connector, LentBody>,
}

/// An answer, whose body is still to come.
pub type UpstreamAnswer = Response<Incoming>;

/// Why an upstream did not answer.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamFailure {
    /// Nothing was sent.
    #[error("it cannot be connected to: {0}")]
    Connect(String),
    /// The connection ended before an answer came.
    #[error("it closed the connection before it answered: {0}")]
    Closed(String),
    /// What came is no answer.
    #[error("what it sent cannot be read as HTTP: {0}")]
    Answer(String),
    /// The request's own body did not come.
    #[error("the client did not send all of its request: {0}")]
    Client(String),
}

impl UpstreamClient {
    /// A client that has not connected yet.
    pub fn new(upstream: &Upstream, longest: Duration) -> Result<Self, native_tls::Error> {
        let connector = Connector::new(upstream, longest)?;
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(UNUSED)
            .pool_max_idle_per_host(MOST_UNUSED)
            .http1_max_buf_size(READ_AHEAD)
            .http1_writev(false)
            .set_host(false)
            .build(connector);
        Ok(Self { client })
    }

    /// Sends a request, whose address is a path with a query, and waits for the head of its answer.
    pub async fn send(
        &self,
        head: Parts,
        body: &HandedBody,
    ) -> Result<UpstreamAnswer, UpstreamFailure> {
        let mut request = Request::from_parts(head, body.lend());
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(Authority::from_static(NOBODY));
        parts
            .path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        *request.uri_mut() =
            Uri::from_parts(parts).map_err(|cause| UpstreamFailure::Client(cause.to_string()))?;
        self.client
            .request(request)
            .await
            .map_err(|error| failure(&error))
    }
}

/// Connects once, and says nothing.
pub async fn reach_upstream(upstream: &Upstream, longest: Duration) -> Result<(), UpstreamFailure> {
    let connect = |cause: String| UpstreamFailure::Connect(cause);
    let mut connector =
        Connector::new(upstream, longest).map_err(|cause| connect(cause.to_string()))?;
    let connected = connector.call(Uri::default()).await;
    connected
        .map(drop)
        .map_err(|cause| connect(cause.to_string()))
}

/// The connection of an answer that was a 101, which speaks another protocol from now on.
pub async fn taken_over(
    answer: UpstreamAnswer,
) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static, UpstreamFailure> {
    let upgraded = hyper::upgrade::on(answer).await;
    upgraded
        .map(TokioIo::new)
        .map_err(|cause| UpstreamFailure::Closed(cause.to_string()))
}

fn failure(error: &Error) -> UpstreamFailure {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    let mut kind: fn(String) -> UpstreamFailure = UpstreamFailure::Closed;
    while let Some(why) = cause {
        if let Some(why) = why.downcast_ref::<hyper::Error>() {
            if why.is_user() {
                kind = UpstreamFailure::Client;
            } else if why.is_parse() {
                kind = UpstreamFailure::Answer;
            }
        }
        told = why.to_string();
        cause = why.source();
    }
    if error.is_connect() {
        kind = UpstreamFailure::Connect;
    }
    kind(told)
}

/// Connects to one upstream, whoever is asked for.
#[derive(Clone)]
struct Connector {
    upstream: Upstream,
    tls: Option<tokio_native_tls::TlsConnector>,
    longest: Duration,
}

impl Connector {
    fn new(upstream: &Upstream, longest: Duration) -> Result<Self, native_tls::Error> {
        let tls = match upstream {
            Upstream::Port { tls: true, .. } => Some(native_tls::TlsConnector::new()?.into()),
            Upstream::Port { .. } | Upstream::Socket(_) => None,
        };
        Ok(Self {
            upstream: upstream.clone(),
            tls,
            longest,
        })
    }

    async fn connect(self) -> io::Result<UpstreamStream> {
        let (host, port) = match &self.upstream {
            Upstream::Socket(path) => {
                return Ok(boxed(UnixStream::connect(path).await?));
            }
            Upstream::Port { host, port, .. } => (host.as_str(), *port),
        };
        let stream = TcpStream::connect((host, port)).await?;
        let _ = stream.set_nodelay(true);
        match self.tls {
            None => Ok(boxed(stream)),
            Some(tls) => match tls.connect(host, stream).await {
                Ok(stream) => Ok(boxed(stream)),
                Err(cause) => Err(io::Error::other(cause)),
            },
        }
    }
}

impl Service<Uri> for Connector {
    type Response = UpstreamStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<UpstreamStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (connector, longest) = (self.clone(), self.longest);
        Box::pin(async move {
            timeout(longest, connector.connect())
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        })
    }
}

/// A connection, whatever it runs over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Connection for Box<dyn Stream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

type UpstreamStream = TokioIo<Box<dyn Stream>>;

fn boxed(stream: impl Stream + 'static) -> UpstreamStream {
    TokioIo::new(Box::new(stream))
}
