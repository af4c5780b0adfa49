//! The server itself: what a stop does, and what slow clients do.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::{ACME, frame};
use crate::http::{Timeouts, serve};

pub(super) struct Served {
    pub(super) address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<usize>,
    _dir: tempfile::TempDir,
}

pub(super) async fn served(timeouts: Timeouts) -> Served {
    let (_app, router, dir) = frame().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let done = tokio::spawn(serve(
        vec![listener],
        router,
        async { drop(stopped.await) },
        timeouts,
    ));
    Served {
        address,
        stop,
        done,
        _dir: dir,
    }
}

pub(super) const TIMEOUTS: Timeouts = Timeouts {
    idle: Duration::from_secs(5),
    head: Duration::from_secs(5),
    body: Duration::from_secs(5),
    answer: Duration::from_secs(5),
    grace: Duration::from_secs(5),
    most: 100,
};

pub(super) async fn ask(stream: &mut TcpStream, path: &str) {
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {ACME}\r\n\r\n").as_bytes())
        .await
        .unwrap();
}

pub(super) async fn rest(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_stop_answers_what_was_asked_before() {
    let server = served(TIMEOUTS).await;
    let mut in_flight = TcpStream::connect(server.address).await.unwrap();
    ask(&mut in_flight, "/slowish").await;
    let mut unused = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Within the linger: a connection from before, and a new one.
    ask(&mut unused, "/name").await;
    let mut late = TcpStream::connect(server.address).await.unwrap();
    ask(&mut late, "/name").await;
    for stream in [&mut unused, &mut late] {
        let answer = rest(stream).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"),
            "{answer}"
        );
    }
    assert!(rest(&mut in_flight).await.ends_with("done"));
    assert_eq!(server.done.await.unwrap(), 0);
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_stop_ends_when_the_grace_is_over() {
    let server = served(Timeouts {
        grace: Duration::from_millis(100),
        ..TIMEOUTS
    })
    .await;
    let mut in_flight = TcpStream::connect(server.address).await.unwrap();
    ask(&mut in_flight, "/slow").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.send(()).unwrap();
    assert_eq!(server.done.await.unwrap(), 1);
}

#[tokio::test]
async fn slow_headers_are_cut_off() {
    let server = served(Timeouts {
        idle: Duration::from_millis(200),
        head: Duration::from_millis(200),
        ..TIMEOUTS
    })
    .await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a").await.unwrap();
    for stream in [&mut silent, &mut slow] {
        let mut bytes = Vec::new();
        let cut_off =
            tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut bytes)).await;
        assert!(cut_off.is_ok(), "the connection stays open");
    }
}
