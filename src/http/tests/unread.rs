//! What is no request, what is too large for one, and clients that read late or slowly.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ACME;
use super::stopping::{Served, TIMEOUTS, ask, rest, served};
use crate::http::Timeouts;

async fn connect(server: &Served) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// What the server says to these octets, until it closes.
async fn said(server: &Served, octets: &[u8]) -> String {
    let mut stream = connect(server).await;
    stream.write_all(octets).await.unwrap();
    rest(&mut stream).await
}

/// An answer of the edge: its headers, and a page that says what happened.
fn assert_whole(answer: &str, status: &str, title: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
        "{head}"
    );
    for header in [
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'",
        "referrer-policy: strict-origin",
        "cache-control: no-store",
        "cross-origin-opener-policy: same-origin",
        "connection: close",
        "content-type: text/html; charset=utf-8",
        "date: Sun, 01 Mar 2026 12:00:00 GMT",
        &format!("content-length: {}", body.len()),
    ] {
        assert!(head.contains(header), "{header} is missing: {head}");
    }
    assert!(
        body.contains(title) && body.trim_end().ends_with("</html>"),
        "{body}"
    );
    assert_eq!(answer.matches("HTTP/1.").count(), 1, "{answer}");
}

#[tokio::test]
async fn what_is_no_request_is_answered_by_the_edge() {
    let server = served(TIMEOUTS).await;
    let host = format!("Host: {ACME}\r\n");
    for octets in [
        "rubbish\r\n\r\n".to_owned(),
        format!("GET / HTTP/3.7\r\n{host}\r\n"),
        format!("GET /a b HTTP/1.1\r\n{host}\r\n"),
        format!("GET / HTTP/1.1\r\n{host}a b: c\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{host}X: a\0b\r\n\r\n"),
        format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\n"),
        format!("POST / HTTP/1.1\r\n{host}Content-Length: x\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\0\u{1}".to_owned(),
    ] {
        let began = Instant::now();
        let answer = said(&server, octets.as_bytes()).await;
        assert_whole(&answer, "400 Bad Request", "This request cannot be read");
        assert!(began.elapsed() < Duration::from_secs(1), "{octets:?}");
    }
    let lines = "X: y\r\n".repeat(200);
    let long = format!("Cookie: {}\r\n", "a".repeat(100_000));
    let address = "a".repeat(70_000);
    for octets in [
        format!("GET / HTTP/1.1\r\n{host}{lines}\r\n"),
        format!("GET / HTTP/1.1\r\n{host}{long}\r\n"),
        format!("GET /{address} HTTP/1.1\r\n{host}\r\n"),
    ] {
        let answer = said(&server, octets.as_bytes()).await;
        let status = "431 Request Header Fields Too Large";
        assert_whole(&answer, status, "This request is too large");
        assert!(answer.contains("cookies"), "{answer}");
    }
}

#[tokio::test]
async fn what_was_asked_before_is_answered_first() {
    let server = served(TIMEOUTS).await;
    let good = format!("GET /name HTTP/1.1\r\nHost: {ACME}\r\n\r\n");
    for count in [1, 2, 20] {
        let answer = said(
            &server,
            format!("{}rubbish\r\n\r\n", good.repeat(count)).as_bytes(),
        )
        .await;
        let at = answer.rfind("HTTP/1.1 ").unwrap();
        let (before, last) = answer.split_at(at);
        assert_eq!(before.matches("HTTP/1.1 200 OK").count(), count);
        assert_whole(last, "400 Bad Request", "This request cannot be read");
    }
    // The same when the first one has been read.
    let mut stream = connect(&server).await;
    ask(&mut stream, "/name").await;
    let mut octets = [0; 4096];
    assert!(stream.read(&mut octets).await.unwrap() > 0);
    stream.write_all(b"rubbish\r\n\r\n").await.unwrap();
    let answer = rest(&mut stream).await;
    assert_whole(&answer, "400 Bad Request", "This request cannot be read");
}

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn who_sends_everything_first_reads_his_answer_afterwards() {
    let server = served(TIMEOUTS).await;
    let body = vec![b'a'; 5 * MIB];
    for (length, at) in [
        (format!("Content-Length: {}", body.len()), "/name"),
        ("Transfer-Encoding: chunked".to_owned(), "/rename"),
    ] {
        let mut stream = connect(&server).await;
        let head = format!(
            "POST {at} HTTP/1.1\r\nHost: {ACME}\r\nContent-Type: application/x-www-form-urlencoded\r\n{length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        if length.starts_with("Transfer") {
            let size = format!("{:x}\r\n", body.len());
            stream.write_all(size.as_bytes()).await.unwrap();
        }
        stream.write_all(&body).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let answer = rest(&mut stream).await;
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.contains("too large"),
            "{at}: {answer:.300}"
        );
    }
    // It is not read for ever, and a stop waits for nobody who only sends.
    let server = served(Timeouts {
        body: Duration::from_millis(500),
        ..TIMEOUTS
    })
    .await;
    let mut stream = connect(&server).await;
    let head = format!("POST /name HTTP/1.1\r\nHost: {ACME}\r\nContent-Length: 999999999\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    while stream.write_all(&body[..1000]).await.is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "it is read for ever"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_answer_is_given_as_long_as_its_reader_goes_on() {
    let server = served(Timeouts {
        answer: Duration::from_secs(1),
        ..TIMEOUTS
    })
    .await;
    let mut stream = connect(&server).await;
    let began = Instant::now();
    ask(&mut stream, "/large").await;
    let (mut all, mut piece) = (0, vec![0; MIB / 2]);
    while all < 32 * MIB {
        let count = stream.read(&mut piece).await.unwrap();
        assert_ne!(count, 0, "it was cut off after {all}");
        all += count;
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    assert!(began.elapsed() > Duration::from_secs(2));
}
