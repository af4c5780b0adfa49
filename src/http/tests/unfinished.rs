//! Answers that are made while they are sent: whole, or visibly not.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::manner::Manner;
use super::super::routes::Routes;
use super::ACME;
use super::stopping::{Served, TIMEOUTS, ask, rest, served};
use crate::http::Timeouts;

const PIECE: usize = 64 * 1024;
/// 32 MiB are more than the system keeps for a socket.
const PIECES: usize = 512;

/// Whether the body that nobody reads was dropped: its connection is about to be.
static DROPPED: AtomicBool = AtomicBool::new(false);

struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        DROPPED.store(true, Ordering::Release);
    }
}

/// Large answers.
pub(super) fn routes() -> Routes {
    Routes::of(Manner::PAGE)
        .route("/large", get(|| async { vec![b'a'; PIECES * PIECE] }))
        .route("/whole", get(|| async { in_pieces(None) }))
        .route("/unread", get(|| async { in_pieces(Some(Dropped)) }))
        .route("/half", get(half))
}

/// A file that is made while it is sent.
fn in_pieces(guard: Option<Dropped>) -> Body {
    let pieces = (0..PIECES).map(move |_| {
        let _ = &guard;
        Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; PIECE]))
    });
    Body::from_stream(stream::iter(pieces))
}

/// One that cannot be made to its end.
async fn half() -> Body {
    let pieces = stream::iter(0..3).then(|number| async move {
        // What there is goes out before the next piece is made.
        tokio::task::yield_now().await;
        match number {
            0 | 1 => Ok(Bytes::from_static(b"half of it")),
            _ => Err(std::io::Error::other("the rest is not there")),
        }
    });
    Body::from_stream(pieces)
}

async fn asked(server: &Served, path: &str, version: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("GET {path} HTTP/{version}\r\nHost: {ACME}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn half_of_an_answer_is_no_whole_one_to_any_client() {
    let server = served(TIMEOUTS).await;
    for version in ["1.0", "1.1"] {
        let mut stream = asked(&server, "/half", version).await;
        let mut octets = Vec::new();
        let end = stream.read_to_end(&mut octets).await;
        let end = end.expect_err("an end that looks like the file's");
        assert_eq!(end.kind(), ErrorKind::ConnectionReset, "{version}");
        assert!(octets.starts_with(b"HTTP/1."), "{octets:?}");
    }
}

#[tokio::test]
async fn a_whole_answer_ends_as_usual() {
    let server = served(TIMEOUTS).await;
    let mut stream = asked(&server, "/whole", "1.0").await;
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).await.unwrap();
    let head = octets.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    assert_eq!(octets.len() - head - 4, PIECES * PIECE);
    let text = String::from_utf8(octets[..head].to_vec()).unwrap();
    assert!(!text.contains("transfer-encoding"), "{text}");
    // In HTTP/1.1 the connection goes on, and ends as any other.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    ask(&mut stream, "/whole").await;
    let mut octets = Vec::new();
    while !octets.ends_with(b"\r\n0\r\n\r\n") {
        assert!(stream.read_buf(&mut octets).await.unwrap() > 0);
    }
    let last = format!("GET /name HTTP/1.1\r\nHost: {ACME}\r\nConnection: close\r\n\r\n");
    stream.write_all(last.as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.ends_with("acme & Sons"));
}

#[tokio::test]
async fn who_takes_nothing_is_reset_and_not_told_an_end() {
    let server = served(Timeouts {
        answer: Duration::from_secs(1),
        ..TIMEOUTS
    })
    .await;
    let mut stream = asked(&server, "/unread", "1.0").await;
    let mut first = [0; 1];
    assert_eq!(stream.peek(&mut first).await.unwrap(), 1);
    while !DROPPED.load(Ordering::Acquire) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut octets = Vec::new();
    let end = stream.read_to_end(&mut octets).await;
    let end = end.expect_err("an end that looks like the file's");
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);
    assert!(octets.len() < PIECES * PIECE);
}
