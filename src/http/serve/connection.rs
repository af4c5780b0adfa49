//! One connection: HTTP/1.1 on a socket whose client is waited for with patience, and not for ever.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Timeouts;
use super::body::TimedBody;
use super::connection_state::{ConnectionState, Due, REST};
use super::sent::SentBody;
use super::takeover::ClientConnection;
use super::unread::{self, answer_of_hyper};
use crate::http::client_address::Peer;
use crate::http::edge::Edge;

/// The head of a request, and what is read ahead of a body, in octets.
const READ_AHEAD: usize = 32 * 1024;

/// What every connection of a server has in common.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) router: Edge,
    pub(super) timeouts: Timeouts,
    /// Whether the server stops: then an answer is the last on its connection.
    pub(super) stopping: Arc<AtomicBool>,
    /// Changes when unused connections have to close.
    pub(super) closed: watch::Receiver<()>,
}

/// Serves a connection until it ends, its client is too slow, or the server has stopped.
pub(super) async fn run(
    mut stream: TcpStream,
    peer: SocketAddr,
    state: Arc<ConnectionState>,
    shared: Arc<ServerState>,
) {
    // Answers are written whole; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    let mut closed = shared.closed.clone();
    loop {
        // A connection that is not used is small. (`readable` would say yes at once: tokio supposes it after an accept.)
        let mut octet = [0];
        tokio::select! {
            first = stream.peek(&mut octet) => match first {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            },
            () = sleep_until(state.idle_until(&shared.timeouts)) => return,
            _ = closed.changed() => return,
        }
        let answered = Box::pin(answer_all(
            stream,
            peer,
            Arc::clone(&state),
            Arc::clone(&shared),
        ))
        .await;
        match answered {
            Some(unused) => stream = unused,
            None => return,
        }
    }
}

/// Answers the requests of a connection; gives it back when it is not used any more for the moment.
async fn answer_all(
    stream: TcpStream,
    peer: SocketAddr,
    state: Arc<ConnectionState>,
    shared: Arc<ServerState>,
) -> Option<TcpStream> {
    let timeouts = shared.timeouts;
    let mut closed = shared.closed.clone();
    let watched = Watched {
        stream,
        state: Arc::clone(&state),
        refused: None,
        resets: false,
    };
    let (answering, serving) = (Arc::clone(&state), Arc::clone(&shared));
    let service = service_fn(move |request| {
        answer(request, peer, Arc::clone(&answering), Arc::clone(&serving))
    });
    let mut connection = http1::Builder::new()
        // The limits are ours: hyper's would set a timer for each request.
        .header_read_timeout(None)
        .max_buf_size(READ_AHEAD)
        // Who has said everything may close its side, and is answered.
        .half_close(true)
        // An answer is one write: copying it together costs less than the system's list of its pieces.
        .writev(false)
        .serve_connection(TokioIo::new(watched), service);
    let mut timer = pin!(sleep(REST));
    let mut close = pin!(closed.changed());
    let mut closing = false;
    loop {
        let next = poll_fn(|context| {
            match Pin::new(&mut connection).poll(context) {
                Poll::Ready(Err(cause)) if cause.is_parse() => return Poll::Ready(Next::Refuse),
                // Any other error is that the client went away.
                Poll::Ready(_) => return Poll::Ready(Next::Over),
                Poll::Pending => {}
            }
            if !closing && close.as_mut().poll(context).is_ready() {
                return Poll::Ready(Next::Close);
            }
            poll_timeouts(&state, &timeouts, timer.as_mut(), context)
        });
        let next = next.await;
        match next {
            Next::Close => {
                closing = true;
                Pin::new(&mut connection).graceful_shutdown();
                continue;
            }
            Next::End => return None,
            Next::Rest if closing => return None,
            Next::Over if let Some(successor) = state.take_successor() => {
                let parts = connection.into_parts();
                let taken = successor(parts.io.into_inner().stream, parts.read_buf);
                // It waits for nobody who may be cut off for that, and has limits of its own.
                state.works();
                let mut closed = shared.closed.clone();
                tokio::select! {
                    () = taken => {}
                    _ = closed.changed() => {}
                }
                return None;
            }
            Next::Over if !state.has_unread() => return None,
            Next::Rest | Next::Over | Next::Refuse => {}
        }
        let parts = connection.into_parts();
        let watched = parts.io.into_inner();
        if let Next::Rest = next {
            // Nobody else has what was read ahead: half of a request that came with the one before it.
            return parts.read_buf.is_empty().then_some(watched.stream);
        }
        // Where nothing was kept back, hyper has answered.
        let refused = (matches!(next, Next::Refuse) && !state.passes())
            .then(|| watched.refused.unwrap_or(StatusCode::BAD_REQUEST));
        Box::pin(dismiss(watched.stream, &state, &shared, refused)).await;
        return None;
    }
}

/// The end of a connection whose client has not sent everything, or what is no request.
async fn dismiss(
    mut stream: TcpStream,
    state: &ConnectionState,
    shared: &ServerState,
    refused: Option<StatusCode>,
) {
    let timeouts = &shared.timeouts;
    // It waits for its client, and closes where room is needed.
    state.lacks_body();
    if let Some(status) = refused {
        let (answer, now) = shared.router.refuse(status);
        unread::write(&mut stream, answer, now, timeouts.answer).await;
    }
    let mut closed = shared.closed.clone();
    tokio::select! {
        () = unread::drain(&mut stream, timeouts.body) => {}
        _ = closed.changed() => {}
    }
}

/// What becomes of a connection.
enum Next {
    /// The client has taken too long.
    End,
    /// Everything is answered.
    Over,
    /// What came cannot be read as a request.
    Refuse,
    /// It may be used again later, and needs no buffers until then.
    Rest,
    /// The server stops.
    Close,
}

/// Ready when the time of the client is over. The timer is set again when it fires, and not for each request.
fn poll_timeouts(
    state: &ConnectionState,
    timeouts: &Timeouts,
    mut timer: Pin<&mut Sleep>,
    context: &mut Context<'_>,
) -> Poll<Next> {
    loop {
        let (due, next) = match state.due(timeouts) {
            Due::End(at) => (Some(at), Next::End),
            Due::Rest(at) => (Some(at), Next::Rest),
            Due::Never => (None, Next::End),
        };
        if let Some(due) = due
            && due < timer.deadline()
        {
            timer.as_mut().reset(due);
        }
        ready!(timer.as_mut().poll(context));
        let now = Instant::now();
        match due {
            Some(due) if due <= now => return Poll::Ready(next),
            Some(due) => timer.as_mut().reset(due),
            None => timer.as_mut().reset(now + REST),
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    state: Arc<ConnectionState>,
    shared: Arc<ServerState>,
) -> Result<Response, Infallible> {
    if state.has_more() {
        // Who asks for much at once lets the others go first, each time.
        yield_now().await;
    }
    state.begins();
    let longest = shared.timeouts.body;
    let mut request = request.map(|body| {
        if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(TimedBody::new(body, Arc::clone(&state), longest))
        }
    });
    let extensions = request.extensions_mut();
    extensions.insert(Peer(peer));
    extensions.insert(ClientConnection(Arc::clone(&state)));
    let mut answer = shared.router.answer(request).await;
    if shared.stopping.load(Ordering::Acquire) {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(header::CONNECTION, close);
    }
    state.answered();
    Ok(SentBody::around(answer, &state))
}

/// A socket that notes in its connection's state what the client does.
///
/// Whoever drops it in the middle of an answer of unknown length, be it the end of the process, resets the connection: HTTP/1.0 knows
/// no other end of such an answer than the connection's, and half of a file would be taken for the whole.
struct Watched {
    stream: TcpStream,
    state: Arc<ConnectionState>,
    /// What hyper has said by itself, which was kept back.
    refused: Option<StatusCode>,
    /// Whether it is reset when it is dropped.
    resets: bool,
}

impl Watched {
    /// Before something is written, and before it ends.
    fn settle(&mut self) {
        let resets = self.state.has_unfinished();
        if resets == self.resets {
            return;
        }
        let settled = if resets {
            self.stream.set_zero_linger()
        } else {
            linger_as_usual(&self.stream)
        };
        if settled.is_ok() {
            self.resets = resets;
        }
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.state.blocked(),
            Poll::Ready(Ok(1..)) => self.state.taken(),
            Poll::Ready(_) => {}
        }
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.state.heard();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.settle();
        // What an application says is never taken for hyper's own: whoever writes it may have meant that.
        let of_hyper = (!self.state.passes())
            .then(|| answer_of_hyper(octets))
            .flatten();
        let octets = match of_hyper {
            Some((0, status)) => {
                self.refused = Some(status);
                return Poll::Ready(Ok(octets.len()));
            }
            // What was answered before goes first.
            Some((at, _)) => octets.get(..at).unwrap_or(octets),
            None => octets,
        };
        let written = Pin::new(&mut self.stream).poll_write(context, octets);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.settle();
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.state.flushed() {
            // An answer that is made while it is sent may go on, or end.
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.settle();
        if self.refused.is_some() || self.resets {
            // The answer is still to come, or never comes to its end.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What is written is sent, whoever drops the socket meanwhile.
#[expect(deprecated, reason = "without a time to linger, nothing waits")]
fn linger_as_usual(stream: &TcpStream) -> io::Result<()> {
    stream.set_linger(None)
}
