//! A WebSocket, once both sides have agreed on it: octets both ways (rules Q57 and Q60).
//!
//! Invariant: it ends when a side ends, when nothing has gone for too long, and when whoever opened it may not stay.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::stay::Stay;

/// Hands octets on until somebody ends it.
pub(super) async fn run(
    client: TcpStream,
    ahead: Bytes,
    mut upstream: impl AsyncRead + AsyncWrite + Unpin,
    idle: Duration,
    stay: Stay,
) {
    let begun = Instant::now();
    let moved = Arc::new(AtomicU64::new(0));
    let mut client = Heard {
        stream: client,
        begun,
        moved: Arc::clone(&moved),
        used: stay.used(),
    };
    let octets = async {
        upstream.write_all(&ahead).await?;
        copy_bidirectional(&mut client, &mut upstream).await
    };
    tokio::select! {
        // A side that ends is no failure.
        _ = octets => {}
        () = stands_still(begun, &moved, idle) => {}
        () = stay.ends() => {}
    }
}

/// Resolves when nothing has gone for so long.
async fn stands_still(begun: Instant, moved: &AtomicU64, idle: Duration) {
    loop {
        let due = begun + Duration::from_millis(moved.load(Ordering::Relaxed)) + idle;
        if due <= Instant::now() {
            return;
        }
        sleep_until(due).await;
    }
}

/// The client's side, which notes when something goes and whether the client has sent something.
struct Heard {
    stream: TcpStream,
    begun: Instant,
    moved: Arc<AtomicU64>,
    used: Arc<AtomicBool>,
}

impl Heard {
    fn moves(&self) {
        let after = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(after, Ordering::Relaxed);
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.moves();
            self.used.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, octets);
        if let Poll::Ready(Ok(1..)) = written {
            self.moves();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
