//! A WebSocket, once both sides have agreed on it: octets both ways (rules Q57 and Q60).
//!
//! Invariant: it ends when a side ends, when nothing has gone for too long, and when whoever opened it may not stay.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf, copy_bidirectional};
use tokio::net::TcpStream;

use super::stay::Stay;
use crate::outbound::LastMove;

/// Hands octets on until somebody ends it.
pub(super) async fn run(
    client: TcpStream,
    ahead: Bytes,
    mut upstream: impl AsyncRead + AsyncWrite + Unpin,
    idle: Duration,
    stay: Stay,
) {
    let moved = Arc::new(LastMove::now());
    let mut client = Heard {
        stream: client,
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
        () = moved.stands_still(|| idle) => {}
        () = stay.ends() => {}
    }
}

/// The client's side, which notes when something goes and whether the client has sent something.
struct Heard {
    stream: TcpStream,
    moved: Arc<LastMove>,
    used: Arc<AtomicBool>,
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
            self.moved.note();
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
            self.moved.note();
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
