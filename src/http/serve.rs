//! The server: listeners in, requests out, and a stop that loses nothing.
//!
//! Invariants: a request that was sent before the stop is answered, unless that takes longer than the grace; no client, and
//! no number of clients, keeps another one out for longer than it takes to close a connection.
//!
//! axum's own `serve` has no limits on the time and the number of its connections, nor on the time of a stop, so the accept
//! loop is here, on the same hyper.

mod body;
mod connection;
pub(crate) mod connection_set;
pub(crate) mod connection_state;
pub(crate) mod local;
mod sent;
pub(crate) mod takeover;
mod unread;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::edge::Edge;
use crate::config;
pub(crate) use body::TooSlow;

use connection::ServerState;
use connection_set::ConnectionSet;
use connection_state::ConnectionState;

/// How long new connections are still taken after the stop: a load balancer needs a moment to hear of it, and a client may
/// just be sending on a connection that looks unused.
const LINGER: Duration = Duration::from_millis(500);
/// A pause after an accept failed, as when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// While that goes on, it is logged this often.
const COMPLAIN: Duration = Duration::from_secs(10);
/// When every connection is being answered, one may begin to wait for its client at any moment.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How long the server waits, and for what; and for how many.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// On a connection that is not used.
    pub idle: Duration,
    /// For the head of a request that has begun.
    pub head: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For a client to read an answer.
    pub answer: Duration,
    /// For requests in flight when it stops.
    pub grace: Duration,
    /// Connections that are open at once.
    pub most: usize,
}

impl Timeouts {
    /// What is configured.
    pub fn of(config: &config::Config) -> Self {
        let connections = &config.connections;
        Self {
            idle: connections.idle_timeout.std(),
            head: connections.head_timeout.std(),
            body: connections.body_timeout.std(),
            answer: connections.answer_timeout.std(),
            grace: config.limits.shutdown_grace.std(),
            most: connections.most,
        }
    }
}

/// What the accept loops tell.
enum Event {
    Arrived(TcpStream, SocketAddr),
    /// No file descriptor or no memory is left for another one.
    Exhausted,
}

/// Serves `router` on every listener until `shutdown` resolves and the requests in flight are answered. Returns how many
/// connections had to be cut off when the grace was over.
pub async fn serve(
    listeners: Vec<TcpListener>,
    router: Edge,
    shutdown: impl Future<Output = ()>,
    timeouts: Timeouts,
) -> usize {
    let stopping = Arc::new(AtomicBool::new(false));
    let (close, closed) = watch::channel(());
    let shared = Arc::new(ServerState {
        router,
        timeouts,
        stopping: Arc::clone(&stopping),
        closed,
    });
    let mut accepting = JoinSet::new();
    let (tell, mut events) = mpsc::channel(16);
    for listener in listeners {
        accepting.spawn(accept(listener, tell.clone()));
    }

    let epoch = Instant::now();
    let mut connections = ConnectionSet::new(timeouts.most);
    let mut arrived = None;
    let mut stop = pin!(async {
        shutdown.await;
        stopping.store(true, Ordering::Release);
        tracing::info!("stopping: answering the requests in flight");
        sleep(LINGER).await;
    });
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(event) = events.recv(), if arrived.is_none() => match event {
                Event::Arrived(stream, peer) => arrived = Some((stream, peer)),
                Event::Exhausted => {
                    connections.make_room();
                }
            },
            true = connections.leave() => {}
            () = sleep(LOOK_AGAIN), if arrived.is_some() => {}
        }
        if arrived.is_some()
            && (connections.has_room() || connections.make_room())
            && let Some((stream, peer)) = arrived.take()
        {
            let state = Arc::new(ConnectionState::new(epoch));
            let connection = connection::run(stream, peer, Arc::clone(&state), Arc::clone(&shared));
            connections.admit(state, connection);
        }
    }

    accepting.shutdown().await;
    drop((close, shared));
    let drained = async { while connections.leave().await {} };
    let _ = tokio::time::timeout(timeouts.grace, drained).await;
    let cut_off = connections.len();
    connections.shut_down().await;
    cut_off
}

async fn accept(listener: TcpListener, tell: mpsc::Sender<Event>) {
    let mut complained: Option<Instant> = None;
    loop {
        let event = match listener.accept().await {
            Ok((stream, peer)) => Event::Arrived(stream, peer),
            Err(cause) if is_the_clients(&cause) => continue,
            Err(cause) => {
                if complained.is_none_or(|at| at.elapsed() > COMPLAIN) {
                    complained = Some(Instant::now());
                    tracing::error!(%cause, "a connection could not be accepted; those that wait longest make room");
                }
                sleep(ACCEPT_PAUSE).await;
                Event::Exhausted
            }
        };
        if tell.send(event).await.is_err() {
            return;
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
